-- {workflows} {executions} {name} {seen} {dashboards} {last_updated} {wanted} {order} {begin} {direction} {limit} {views} {pending}
-- {standing} are filled in by reports.rs. What is costly to find out is found out for the rows of the page alone, or where it is
-- asked for.
WITH report AS (
  SELECT c.id, {name} AS name, c.created_at, {last_updated} AS last_updated
  FROM {seen} c
  JOIN {workflows} w ON w.id = c.workflow_id
  {dashboards}
  WHERE {wanted}
), page AS (
  SELECT id, name, key FROM (SELECT *, {order} AS key FROM report) ordered
  WHERE {begin}
  ORDER BY key {direction}, id {direction}
  LIMIT {limit}
)
SELECT c.id, c.workflow_id, r.name, c.query_template_id, coalesce(c.enabled, false), coalesce(w.report_enabled, false),
       c.dashboard_type, coalesce(c.visualization_config, '{}')::text, c.created_by, c.created_at, c.updated_at,
       n.dashboards, n.last_updated, v.id, v.period_key, v.data_start_date, v.data_end_date, v.version, v.headline::text,
       p.pending, p.error, {standing}, r.key::text
FROM page r
JOIN report_configurations c ON c.id = r.id
JOIN {workflows} w ON w.id = c.workflow_id
CROSS JOIN LATERAL ({views}) n
LEFT JOIN LATERAL (
  SELECT id, period_key, data_start_date, data_end_date, version,
         jsonb_path_query_array(metrics_summary, '$.metrics[0 to 3]') AS headline
  FROM dashboard_views WHERE report_configuration_id = c.id
  ORDER BY data_end_date DESC, last_updated DESC, id LIMIT 1) v ON true
CROSS JOIN LATERAL ({pending}) p
ORDER BY r.key {direction}, r.id {direction}
