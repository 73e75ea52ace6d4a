-- dashloom: no-transaction
-- Phase 5: who sees which row. One table a statement, policies before they are enforced, so that no reader ever meets a half-made table.

-- The user of the request: `sub` of `request.jwt.claims`, in lower case; null when unset, empty, not JSON or not a UUID.
-- The exception block costs a subtransaction, so policies call it as a scalar subquery: once a statement, not once a row.
create or replace function dashloom.claimed_user() returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  subject text;
begin
  subject := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';
  if subject ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then
    return lower(subject);
  end if;
  return null;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;

-- The workflows that the user owns. It reads the engine's table as its own owner: reader and author get no rights on that table.
create or replace function dashloom.owned_workflows() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select w.id from {{workflows}} w where {{owner}}::text = (select dashloom.claimed_user())
$$;

do $$
begin
  revoke all on function dashloom.claimed_user(), dashloom.owned_workflows(), dashloom.forget_configuration(),
    dashloom.forget_workflow() from public;
  grant execute on function dashloom.claimed_user(), dashloom.owned_workflows() to {{role_reader}}, {{role_author}};
end
$$;

-- One policy under its name; a null condition is left out. Both helpers are gone at the end of this file.
create or replace function dashloom.set_policy(relation regclass, role_name text, role text, verb text, visible text, written text)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  bare text := (select relname from pg_class where oid = relation);
begin
  execute format('drop policy if exists %I on %s', bare || '_' || role_name || '_' || verb, relation);
  execute format('create policy %I on %s for %s to %s', bare || '_' || role_name || '_' || verb, relation, verb, role)
    || coalesce(' using (' || visible || ')', '') || coalesce(' with check (' || written || ')', '');
end
$$;

-- owner, ingest and operator see every row: which verbs they have is a matter of grants.
create or replace function dashloom.set_open_policies(relation regclass)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  role_name text;
  role text;
begin
  for role_name, role in
    values ('owner', {{'role_owner'}}), ('ingest', {{'role_ingest'}}), ('operator', {{'role_operator'}})
  loop
    perform dashloom.set_policy(relation, role_name, role, 'select', 'true', null);
    perform dashloom.set_policy(relation, role_name, role, 'insert', null, 'true');
    perform dashloom.set_policy(relation, role_name, role, 'update', 'true', 'true');
    perform dashloom.set_policy(relation, role_name, role, 'delete', 'true', null);
  end loop;
end
$$;

-- reader and author see the configurations that the user made or whose workflow the user owns. An author reports only a workflow of
-- their own, in their own name: else anyone could make themselves the reader of a workflow that nobody reports yet.
do $$
declare
  relation regclass := {{'schema.report_configurations'}};
  mine text := 'created_by::text = (select dashloom.claimed_user())';
  visible text := mine || ' or workflow_id = any (array(select dashloom.owned_workflows()))';
begin
  perform dashloom.set_open_policies(relation);
  perform dashloom.set_policy(relation, 'reader', {{'role_reader'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'insert', null, mine || {{'author_insert_also'}});
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'update', visible, visible);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'delete', visible, null);
  alter table {{schema}}.report_configurations enable row level security;
  alter table {{schema}}.report_configurations force row level security;
end
$$;

-- Everything below inherits: the subquery sees only what the same user sees one level up.
do $$
declare
  relation regclass := {{'schema.dashboard_views'}};
  visible text := 'exists (select from {{schema}}.report_configurations c where c.id = report_configuration_id)';
begin
  perform dashloom.set_open_policies(relation);
  perform dashloom.set_policy(relation, 'reader', {{'role_reader'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'select', visible, null);
  alter table {{schema}}.dashboard_views enable row level security;
  alter table {{schema}}.dashboard_views force row level security;
end
$$;

do $$
declare
  relation regclass := {{'schema.dashboard_insights'}};
  visible text := 'exists (select from {{schema}}.dashboard_views v where v.id = dashboard_view_id)';
begin
  perform dashloom.set_open_policies(relation);
  perform dashloom.set_policy(relation, 'reader', {{'role_reader'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'select', visible, null);
  alter table {{schema}}.dashboard_insights enable row level security;
  alter table {{schema}}.dashboard_insights force row level security;
end
$$;

do $$
declare
  relation regclass := {{'schema.report_exports'}};
  visible text := 'exists (select from {{schema}}.dashboard_views v where v.id = dashboard_view_id)';
  mine text := 'exported_by::text = (select dashloom.claimed_user()) and ' || visible;
begin
  perform dashloom.set_open_policies(relation);
  perform dashloom.set_policy(relation, 'reader', {{'role_reader'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'select', visible, null);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'insert', null, mine);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'update', visible, visible);
  perform dashloom.set_policy(relation, 'author', {{'role_author'}}, 'delete', visible, null);
  alter table {{schema}}.report_exports enable row level security;
  alter table {{schema}}.report_exports force row level security;
end
$$;

drop function if exists dashloom.set_open_policies(regclass), dashloom.set_policy(regclass, text, text, text, text, text);
