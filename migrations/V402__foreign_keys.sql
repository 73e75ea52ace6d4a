-- dashloom: no-transaction
-- Phase 4: foreign keys. Each is added NOT VALID (a moment's lock, no scan), then what was orphaned meanwhile is put right, then it is
-- validated beside the traffic. The two triggers come first: deletions rely on them as soon as the keys stand.

create or replace function dashloom.forget_configuration() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update {{workflows}} set report_config_id = null where report_config_id = old.id;
  return old;
end
$$;

create or replace trigger forget_configuration before delete on {{schema}}.report_configurations
  for each row execute function dashloom.forget_configuration();

create or replace function dashloom.forget_workflow() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from dashloom.partials where workflow_id = old.workflow_id;
  delete from dashloom.withdrawals where workflow_id = old.workflow_id;
  delete from dashloom.redraws where workflow_id = old.workflow_id;
  delete from dashloom.unflagged where workflow_id = old.workflow_id;
  delete from dashloom.parked where workflow_id = old.workflow_id;
  return null;
end
$$;

-- Whoever writes a configuration, its views follow. Of a workflow without results there are none.
create or replace function dashloom.follow_configuration() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.dashboard_type = new.dashboard_type
    and old.visualization_config is not distinct from new.visualization_config
  then
    return null;
  end if;
  if exists (select from dashloom.workflow_state where workflow_id = new.workflow_id) then
    insert into dashloom.redraws as r (workflow_id, period_key, is_correction, by_configuration)
      values (new.workflow_id, '*', true, true)
      on conflict (workflow_id, period_key) do update
        set is_correction = true, by_configuration = true, trouble = null, asked_at = now();
  end if;
  return null;
end
$$;

create or replace trigger follow_configuration after insert or update on {{schema}}.report_configurations
  for each row execute function dashloom.follow_configuration();

create or replace trigger forget_workflow after delete on dashloom.workflow_state
  for each row execute function dashloom.forget_workflow();

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.report_configurations'}}::regclass and conname = 'report_configurations_workflow_id_fkey'
  ) then
    alter table {{schema}}.report_configurations add constraint report_configurations_workflow_id_fkey
      foreign key (workflow_id) references {{workflows}} (id) on delete cascade not valid;
  end if;
end
$$;
delete from {{schema}}.report_configurations o
  where not exists (select from {{workflows}} r where r.id = o.workflow_id);
alter table {{schema}}.report_configurations validate constraint report_configurations_workflow_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.report_configurations'}}::regclass and conname = 'report_configurations_query_template_id_fkey'
  ) then
    alter table {{schema}}.report_configurations add constraint report_configurations_query_template_id_fkey
      foreign key (query_template_id) references {{query_templates}} (id) on delete set null not valid;
  end if;
end
$$;
update {{schema}}.report_configurations o set query_template_id = null
  where o.query_template_id is not null
  and not exists (select from {{query_templates}} r where r.id = o.query_template_id);
alter table {{schema}}.report_configurations validate constraint report_configurations_query_template_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.report_configurations'}}::regclass and conname = 'report_configurations_created_by_fkey'
  ) then
    alter table {{schema}}.report_configurations add constraint report_configurations_created_by_fkey
      foreign key (created_by) references {{users}} (id) not valid;
  end if;
end
$$;
update {{schema}}.report_configurations o set created_by = null
  where o.created_by is not null
  and not exists (select from {{users}} r where r.id = o.created_by);
alter table {{schema}}.report_configurations validate constraint report_configurations_created_by_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.dashboard_views'}}::regclass and conname = 'dashboard_views_report_configuration_id_fkey'
  ) then
    alter table {{schema}}.dashboard_views add constraint dashboard_views_report_configuration_id_fkey
      foreign key (report_configuration_id) references {{schema}}.report_configurations (id) on delete cascade not valid;
  end if;
end
$$;
delete from {{schema}}.dashboard_views o
  where not exists (select from {{schema}}.report_configurations r where r.id = o.report_configuration_id);
alter table {{schema}}.dashboard_views validate constraint dashboard_views_report_configuration_id_fkey;

-- Deferred: within `delete from workflows` this check fires before the cascade through the configuration has reached the views.
do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.dashboard_views'}}::regclass and conname = 'dashboard_views_workflow_id_fkey'
  ) then
    alter table {{schema}}.dashboard_views add constraint dashboard_views_workflow_id_fkey
      foreign key (workflow_id) references {{workflows}} (id) deferrable initially deferred not valid;
  end if;
end
$$;
delete from {{schema}}.dashboard_views o where not exists (select from {{workflows}} r where r.id = o.workflow_id);
alter table {{schema}}.dashboard_views alter constraint dashboard_views_workflow_id_fkey deferrable initially deferred;
alter table {{schema}}.dashboard_views validate constraint dashboard_views_workflow_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.dashboard_insights'}}::regclass and conname = 'dashboard_insights_dashboard_view_id_fkey'
  ) then
    alter table {{schema}}.dashboard_insights add constraint dashboard_insights_dashboard_view_id_fkey
      foreign key (dashboard_view_id) references {{schema}}.dashboard_views (id) on delete cascade not valid;
  end if;
end
$$;
delete from {{schema}}.dashboard_insights o
  where not exists (select from {{schema}}.dashboard_views r where r.id = o.dashboard_view_id);
alter table {{schema}}.dashboard_insights validate constraint dashboard_insights_dashboard_view_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.report_exports'}}::regclass and conname = 'report_exports_dashboard_view_id_fkey'
  ) then
    alter table {{schema}}.report_exports add constraint report_exports_dashboard_view_id_fkey
      foreign key (dashboard_view_id) references {{schema}}.dashboard_views (id) on delete cascade not valid;
  end if;
end
$$;
delete from {{schema}}.report_exports o
  where not exists (select from {{schema}}.dashboard_views r where r.id = o.dashboard_view_id);
alter table {{schema}}.report_exports validate constraint report_exports_dashboard_view_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'schema.report_exports'}}::regclass and conname = 'report_exports_exported_by_fkey'
  ) then
    alter table {{schema}}.report_exports add constraint report_exports_exported_by_fkey
      foreign key (exported_by) references {{users}} (id) not valid;
  end if;
end
$$;
update {{schema}}.report_exports o set exported_by = null
  where o.exported_by is not null
  and not exists (select from {{users}} r where r.id = o.exported_by);
alter table {{schema}}.report_exports validate constraint report_exports_exported_by_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = {{'workflows'}}::regclass and conname = 'workflows_report_config_id_fkey'
  ) then
    alter table {{workflows}} add constraint workflows_report_config_id_fkey
      foreign key (report_config_id) references {{schema}}.report_configurations (id) not valid;
  end if;
end
$$;
update {{workflows}} o set report_config_id = null
  where o.report_config_id is not null
  and not exists (select from {{schema}}.report_configurations r where r.id = o.report_config_id);
alter table {{workflows}} validate constraint workflows_report_config_id_fkey;

do $$
begin
  if not exists (
    select from pg_constraint where conrelid = 'dashloom.workflow_state'::regclass and conname = 'workflow_state_workflow_id_fkey'
  ) then
    alter table dashloom.workflow_state add constraint workflow_state_workflow_id_fkey
      foreign key (workflow_id) references {{workflows}} (id) on delete cascade not valid;
  end if;
end
$$;
delete from dashloom.workflow_state o where not exists (select from {{workflows}} r where r.id = o.workflow_id);
alter table dashloom.workflow_state validate constraint workflow_state_workflow_id_fkey;
