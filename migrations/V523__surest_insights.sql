-- dashloom: no-transaction
-- What the list of insights is read by, the surest first. In the last phase, because it was added after the five phases were first
-- released.

create index concurrently if not exists idx_insights_surest on {{schema}}.dashboard_insights
  ((coalesce((confidence_score * 100)::bigint, -1)) desc, id desc) where superseded_at is null;
