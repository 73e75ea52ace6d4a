-- dashloom: no-transaction
-- What the library is read by, the latest changed first. In the last phase, because it was added after the five phases were first
-- released.

create index concurrently if not exists idx_dashboard_views_updated on {{schema}}.dashboard_views
  (last_updated, report_configuration_id);
