-- Phase 1: the four tables of the requirement, beside the engine's `workflows`. Foreign keys and indexes follow in phase 4.

create table if not exists {{schema}}.report_configurations (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null unique,
  query_template_id uuid,
  enabled boolean default false,
  dashboard_type varchar(50) not null default 'standard',
  visualization_config jsonb default '{}',
  created_at timestamptz default now(),
  updated_at timestamptz default now(),
  created_by uuid,
  constraint chk_dashboard_type check (dashboard_type in ('standard', 'funnel', 'comparison', 'custom'))
) with (fillfactor = 90);

create table if not exists {{schema}}.dashboard_views (
  id uuid primary key default gen_random_uuid(),
  report_configuration_id uuid not null,
  workflow_id uuid not null,
  execution_ids uuid[] not null,
  data_start_date date not null,
  data_end_date date not null,
  processed_data jsonb not null,
  charts_config jsonb not null,
  metrics_summary jsonb,
  created_at timestamptz default now(),
  last_updated timestamptz default now(),
  constraint chk_date_range check (data_end_date >= data_start_date)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

-- What dashloom adds to the requirement, apart so that a table made by hand from the requirement gains it as well.
alter table {{schema}}.dashboard_views
  add column if not exists period_key text,
  add column if not exists version bigint not null default 1,
  add column if not exists content_sha256 bytea,
  add column if not exists config_sha256 bytea,
  add column if not exists charts_sha256 bytea,
  add column if not exists data_sha256 bytea,
  add column if not exists engine_version text,
  add column if not exists archived_at timestamptz,
  add column if not exists archive_uri text;

do $$
begin
  if not exists (
    select from pg_constraint
    where conrelid = {{'schema.dashboard_views'}}::regclass and conname = 'dashboard_views_report_configuration_id_period_key_key'
  ) then
    alter table {{schema}}.dashboard_views
      add constraint dashboard_views_report_configuration_id_period_key_key unique (report_configuration_id, period_key);
  end if;
end
$$;

create table if not exists {{schema}}.dashboard_insights (
  id uuid primary key default gen_random_uuid(),
  dashboard_view_id uuid not null,
  insight_type varchar(50) not null,
  insight_text text not null,
  confidence_score decimal(3, 2),
  data_points jsonb,
  generated_at timestamptz default now(),
  model_version varchar(50)
);

alter table {{schema}}.dashboard_insights
  add column if not exists superseded_at timestamptz,
  add column if not exists narration text;

create table if not exists {{schema}}.report_exports (
  id uuid primary key default gen_random_uuid(),
  dashboard_view_id uuid not null,
  export_format varchar(20) not null,
  file_url text not null,
  file_size_bytes integer,
  exported_by uuid,
  exported_at timestamptz default now(),
  expires_at timestamptz,
  constraint chk_export_format check (export_format in ('pdf', 'png', 'csv', 'xlsx'))
);

do $$
begin
  alter table {{schema}}.report_configurations alter column visualization_config set compression lz4;
  alter table {{schema}}.dashboard_views
    alter column processed_data set compression lz4,
    alter column charts_config set compression lz4,
    alter column metrics_summary set compression lz4;
  alter table {{schema}}.dashboard_insights alter column data_points set compression lz4;
exception
  when feature_not_supported then null;
end
$$;
