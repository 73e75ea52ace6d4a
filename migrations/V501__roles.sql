-- Phase 5: roles and what each may do. Roles belong to the whole server and may be there already, made by hand or by another database.

do $$
declare
  wanted text;
  mode text := case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end;
  superuser boolean := (select rolsuper from pg_roles where rolname = current_user);
begin
  foreach wanted in array array[
    {{'role_owner'}}, {{'role_ingest'}}, {{'role_relay'}}, {{'role_reader'}}, {{'role_author'}}, {{'role_operator'}}
  ] loop
    if to_regrole(wanted) is null then
      begin
        execute format('create role %s nologin', wanted);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
    -- The migrating login may SET ROLE and, where the server can tell the two apart (16 and later), inherits nothing by it.
    if not pg_has_role(current_user, to_regrole(wanted)::oid, mode)
      or (superuser and not exists (
        select from pg_auth_members where roleid = to_regrole(wanted) and member = to_regrole(quote_ident(current_user))
      ))
    then
      execute format('grant %s to %I%s', wanted, current_user, case when mode = 'SET' then ' with inherit false, set true' end);
    end if;
  end loop;
end
$$;

-- The schemas themselves.
do $$
declare
  wanted text;
  place text;
begin
  foreach wanted in array array[
    {{'role_owner'}}, {{'role_ingest'}}, {{'role_relay'}}, {{'role_reader'}}, {{'role_author'}}, {{'role_operator'}}
  ] loop
    execute format('grant usage on schema dashloom to %s', wanted);
    for place in
      select distinct relnamespace::regnamespace::text
      from pg_class
      where oid in ({{'schema.report_configurations'}}::regclass, {{'workflows'}}::regclass,
        {{'query_templates'}}::regclass, {{'workflow_executions'}}::regclass)
    loop
      if not has_schema_privilege(to_regrole(wanted)::oid, place::regnamespace::oid, 'USAGE') then
        execute format('grant usage on schema %s to %s', place, wanted);
      end if;
    end loop;
  end loop;
end
$$;

-- Anyone may ask which version the schema has; `serve` waits for the one it needs.
grant select on dashloom.refinery_schema_history, dashloom.installation
  to {{role_owner}}, {{role_ingest}}, {{role_relay}}, {{role_reader}}, {{role_author}}, {{role_operator}};

-- owner and operator: everything of ours; of the engine's, reading and the columns that are ours.
grant all on all tables in schema dashloom to {{role_owner}};
grant all on all sequences in schema dashloom to {{role_owner}};
grant select, insert, update, delete on all tables in schema dashloom to {{role_operator}};
grant usage on all sequences in schema dashloom to {{role_operator}};
revoke insert, update, delete on dashloom.refinery_schema_history, dashloom.installation from {{role_operator}};
revoke update, delete on dashloom.position_changes from {{role_operator}};
grant select, insert, update, delete
  on {{schema}}.report_configurations, {{schema}}.dashboard_views, {{schema}}.dashboard_insights, {{schema}}.report_exports
  to {{role_owner}}, {{role_operator}};
grant select on {{workflows}}, {{query_templates}}, {{workflow_executions}} to {{role_owner}}, {{role_operator}};
grant update (report_enabled, report_config_id) on {{workflows}} to {{role_owner}}, {{role_operator}};
grant update (dashboard_processed, dashboard_processing_error) on {{workflow_executions}} to {{role_owner}}, {{role_operator}};

-- ingest: the fold. It removes no view, insight or configuration.
grant select, insert, update on {{schema}}.report_configurations, {{schema}}.dashboard_views, {{schema}}.dashboard_insights
  to {{role_ingest}};
grant select on {{workflows}}, {{query_templates}}, {{workflow_executions}} to {{role_ingest}};
grant update (report_config_id) on {{workflows}} to {{role_ingest}};
grant update (dashboard_processed, dashboard_processing_error) on {{workflow_executions}} to {{role_ingest}};
grant select, insert, update, delete
  on dashloom.consumer_positions, dashloom.replays, dashloom.workflow_state, dashloom.partials, dashloom.parked,
     dashloom.redraws, dashloom.unflagged to {{role_ingest}};
grant select on dashloom.withdrawals to {{role_ingest}};
grant select, insert on dashloom.outbox to {{role_ingest}};
grant usage on sequence dashloom.outbox_seq to {{role_ingest}};

-- relay: the outbox and its own place in it; it empties a drained slot and writes the dead letter of a record that a broker refuses.
grant select, insert on dashloom.outbox to {{role_relay}};
grant select, truncate on dashloom.outbox_0, dashloom.outbox_1, dashloom.outbox_2, dashloom.outbox_3 to {{role_relay}};
grant usage on sequence dashloom.outbox_seq to {{role_relay}};
grant select, insert, update on dashloom.relay_positions to {{role_relay}};
grant insert on dashloom.refused to {{role_relay}};

-- reader and author: rows as the policies allow. An author cannot give a row to another workflow, view or user.
grant select
  on {{schema}}.report_configurations, {{schema}}.dashboard_views, {{schema}}.dashboard_insights, {{schema}}.report_exports
  to {{role_reader}}, {{role_author}};
grant insert, delete on {{schema}}.report_configurations, {{schema}}.report_exports to {{role_author}};
grant update (query_template_id, enabled, dashboard_type, visualization_config, updated_at)
  on {{schema}}.report_configurations to {{role_author}};
grant update (file_url, file_size_bytes, expires_at) on {{schema}}.report_exports to {{role_author}};
