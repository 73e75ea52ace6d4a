-- dashloom: no-transaction
-- Phase 4: indexes, built beside the traffic. Before the foreign keys, whose cascades read them.

create index concurrently if not exists idx_report_configs_enabled on {{schema}}.report_configurations (enabled);
create index concurrently if not exists idx_report_configs_workflow on {{schema}}.report_configurations (workflow_id);

create index concurrently if not exists idx_dashboard_views_config on {{schema}}.dashboard_views (report_configuration_id);
create index concurrently if not exists idx_dashboard_views_dates on {{schema}}.dashboard_views (data_start_date, data_end_date);
create index concurrently if not exists idx_dashboard_views_workflow on {{schema}}.dashboard_views (workflow_id);
create index concurrently if not exists idx_dashboard_data_lookup on {{schema}}.dashboard_views (workflow_id, data_end_date desc);

create index concurrently if not exists idx_insights_dashboard on {{schema}}.dashboard_insights (dashboard_view_id);
create index concurrently if not exists idx_insights_type on {{schema}}.dashboard_insights (insight_type);
create index concurrently if not exists idx_insights_aggregation on {{schema}}.dashboard_insights (dashboard_view_id, insight_type);

create index concurrently if not exists idx_exports_dashboard on {{schema}}.report_exports (dashboard_view_id);
create index concurrently if not exists idx_exports_user on {{schema}}.report_exports (exported_by);

create index concurrently if not exists idx_workflows_report_enabled on {{workflows}} (report_enabled) where report_enabled = true;

-- Not in the requirement: without it each deleted configuration reads the whole of `workflows` to find who points at it.
create index concurrently if not exists idx_workflows_report_config on {{workflows}} (report_config_id) where report_config_id is not null;

create index concurrently if not exists idx_executions_dashboard_pending on {{workflow_executions}} (workflow_id, dashboard_processed)
  where dashboard_processed = false and status = 'SUCCEEDED';
create index concurrently if not exists idx_report_workflow_executions on {{workflow_executions}} (workflow_id, created_at desc)
  where status = 'SUCCEEDED';
