-- dashloom: no-transaction
-- Phase 2: columns on the engine's tables. Constant defaults rewrite nothing; each table is locked by itself and for a moment only.

alter table {{workflows}}
  add column if not exists report_enabled boolean default false,
  add column if not exists report_config_id uuid;

alter table {{query_templates}}
  add column if not exists default_dashboard_type varchar(50),
  add column if not exists default_visualization_config jsonb;

alter table {{workflow_executions}}
  add column if not exists dashboard_processed boolean default false,
  add column if not exists dashboard_processing_error text;
