-- dashloom: no-transaction
-- What the list of dashboards is read by, the latest data first. In the last phase, because it was added after the five phases were
-- first released.

create index concurrently if not exists idx_dashboard_views_latest on {{schema}}.dashboard_views (data_end_date, id);
