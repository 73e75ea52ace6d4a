-- Whether a row's workflow is the user's own is looked up in a hash of those that are: compared with each of them, a list took a time
-- that grew with their square. In the last phase, because it was added after the five phases were first released.

do $$
declare
  relation regclass := {{'schema.report_configurations'}};
  visible text := 'created_by::text = (select dashloom.claimed_user()) or workflow_id in (select dashloom.owned_workflows())';
begin
  execute format('alter policy report_configurations_reader_select on %s using (%s)', relation, visible);
  execute format('alter policy report_configurations_author_select on %s using (%s)', relation, visible);
  execute format('alter policy report_configurations_author_update on %1$s using (%2$s) with check (%2$s)', relation, visible);
  execute format('alter policy report_configurations_author_delete on %s using (%s)', relation, visible);
end
$$;
