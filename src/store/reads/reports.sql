-- {workflows} {name} {views} {pending} {standing} are filled in by reports.rs. $1: the reports, $2: what they are sorted by.
SELECT c.id, c.workflow_id, {name}, c.query_template_id, coalesce(c.enabled, false), coalesce(w.report_enabled, false),
       c.dashboard_type, coalesce(c.visualization_config, '{}')::text, c.created_by, c.created_at, c.updated_at,
       n.dashboards, n.last_updated, v.id, v.period_key, v.data_start_date, v.data_end_date, v.version, v.headline::text,
       p.pending, p.error, {standing}, page.key
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY page (id, key, place)
JOIN report_configurations c ON c.id = page.id
JOIN {workflows} w ON w.id = c.workflow_id
CROSS JOIN LATERAL ({views}) n
LEFT JOIN LATERAL (
  SELECT id, period_key, data_start_date, data_end_date, version,
         jsonb_path_query_array(metrics_summary, '$.metrics[0 to 3]') AS headline
  FROM (
    -- Of one report: `OFFSET 0` keeps the planner from walking the index of all dashboards by date until it meets one of them.
    SELECT * FROM (SELECT * FROM dashboard_views WHERE report_configuration_id = c.id OFFSET 0) of_report
    ORDER BY data_end_date DESC, last_updated DESC, id LIMIT 1
  ) latest
) v ON true
CROSS JOIN LATERAL ({pending}) p
ORDER BY page.place
