-- {workflows} {executions} {name} {owner} {order} {direction} {compare} are filled in by reports.rs.
WITH report AS (
  SELECT c.id, c.workflow_id, {name} AS name, c.query_template_id,
         coalesce(c.enabled, false) AS enabled, coalesce(w.report_enabled, false) AS workflow_enabled,
         c.dashboard_type, coalesce(c.visualization_config, '{}') AS visualization_config,
         c.created_by, c.created_at, c.updated_at,
         n.dashboards, n.last_updated, v.id AS view_id, v.period_key, v.data_start_date, v.data_end_date, v.version,
         v.headline, p.pending, p.error,
         CASE WHEN NOT (coalesce(c.enabled, false) AND coalesce(w.report_enabled, false)) THEN 'disabled'
              WHEN p.error IS NOT NULL THEN 'failed'
              WHEN n.dashboards = 0 THEN 'waiting'
              WHEN p.pending > 0 THEN 'behind'
              ELSE 'current' END AS status
  FROM report_configurations c
  JOIN {workflows} w ON w.id = c.workflow_id
  CROSS JOIN LATERAL (
    SELECT count(*) AS dashboards, max(last_updated) AS last_updated
    FROM dashboard_views WHERE report_configuration_id = c.id) n
  LEFT JOIN LATERAL (
    SELECT id, period_key, data_start_date, data_end_date, version,
           jsonb_path_query_array(metrics_summary, '$.metrics[0 to 3]') AS headline
    FROM dashboard_views WHERE report_configuration_id = c.id
    ORDER BY data_end_date DESC, last_updated DESC, id LIMIT 1) v ON true
  CROSS JOIN LATERAL (
    SELECT count(*) AS pending,
           (array_agg(dashboard_processing_error ORDER BY created_at DESC)
             FILTER (WHERE dashboard_processing_error IS NOT NULL))[1] AS error
    FROM (SELECT created_at, dashboard_processing_error FROM {executions}
          WHERE workflow_id = c.workflow_id AND dashboard_processed = false AND status = 'SUCCEEDED'
          ORDER BY created_at DESC LIMIT 1000) e) p
  WHERE ($1::uuid[] IS NULL OR c.id = ANY($1))
    AND ($2::uuid IS NULL OR c.workflow_id = $2)
    AND ($3::text IS NULL OR c.dashboard_type = $3)
    AND ($4::text IS NULL OR {name} ILIKE $4 OR c.id::text ILIKE $4 OR c.workflow_id::text ILIKE $4)
), ordered AS (
  SELECT *, {order} AS key FROM report WHERE $5::text IS NULL OR status = $5
)
SELECT id, workflow_id, name, query_template_id, enabled, workflow_enabled, dashboard_type, visualization_config::text,
       created_by, created_at, updated_at, dashboards, last_updated, view_id, period_key, data_start_date,
       data_end_date, version, headline::text, pending, error, status, key::text
FROM ordered
WHERE $6::text IS NULL OR (key, id) {compare} ($6::text::{type}, $7::uuid)
ORDER BY key {direction}, id {direction}
LIMIT $8
