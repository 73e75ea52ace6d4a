-- Tells LISTEN changed whenever a statement touched a table that tests wait for.
create schema harness;
create function harness.tell() returns trigger language plpgsql as $$
begin
  perform pg_notify('changed', '');
  return null;
end $$;
do $$
declare name text;
begin
  foreach name in array array[
    'dashloom.consumer_positions', 'dashloom.parked', 'dashloom.relay_positions', 'dashloom.workflow_state', 'dashloom.redraws',
    'dashloom.unflagged', 'dashloom.replays', 'dashloom.narration_budgets', 'public.dashboard_insights',
    'public.dashboard_views', 'public.report_configurations', 'public.workflow_executions', 'public.workflows']
  loop
    if to_regclass(name) is not null then
      execute format('create trigger harness_tell after insert or update or delete on %s execute function harness.tell()', name);
    end if;
  end loop;
end $$;
