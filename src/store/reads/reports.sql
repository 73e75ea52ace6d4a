-- {workflows} {executions} {name} {sorted_name} {seen} {of_workflow} {dashboards} {last_updated} {wanted} {order} {begin} {direction} {limit} {views} {pending}
-- {standing} are filled in by reports.rs. What is costly to find out is found out for the rows of the page alone, or where it is
-- asked for.
WITH report AS (
  SELECT c.id, {sorted_name} AS name, c.created_at, {last_updated} AS last_updated
  FROM {seen} c
  {of_workflow}
  {dashboards}
  WHERE {wanted}
), page AS (
  SELECT id, key FROM (SELECT *, {order} AS key FROM report) ordered
  WHERE {begin}
  ORDER BY key {direction}, id {direction}
  LIMIT {limit}
)
SELECT c.id, c.workflow_id, {name}, c.query_template_id, coalesce(c.enabled, false), coalesce(w.report_enabled, false),
       c.dashboard_type, coalesce(c.visualization_config, '{}')::text, c.created_by, c.created_at, c.updated_at,
       n.dashboards, n.last_updated, v.id, v.period_key, v.data_start_date, v.data_end_date, v.version, v.headline::text,
       p.pending, p.error, {standing}, r.key::text
FROM page r
JOIN report_configurations c ON c.id = r.id
JOIN {workflows} w ON w.id = c.workflow_id
CROSS JOIN LATERAL ({views}) n
LEFT JOIN LATERAL (
  -- Of one report: `OFFSET 0` keeps the planner from walking the index of all dashboards by date until it meets one of them.
  SELECT id, period_key, data_start_date, data_end_date, version,
         jsonb_path_query_array(metrics_summary, '$.metrics[0 to 3]') AS headline
  FROM (SELECT * FROM dashboard_views WHERE report_configuration_id = c.id OFFSET 0) of_report
  ORDER BY data_end_date DESC, last_updated DESC, id LIMIT 1) v ON true
CROSS JOIN LATERAL ({pending}) p
ORDER BY r.key {direction}, r.id {direction}
