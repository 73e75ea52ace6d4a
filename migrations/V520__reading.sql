-- What the reading side keeps. In the last phase, because it was added after the five phases were first released.

-- Every announced version of a view with its event, written in the same statement as the outbox row, which goes once it is
-- published. `xid` is the writing transaction: rows of transactions that ended before the oldest running one, in the order of
-- (xid, seq), are a sequence in which nothing is ever added behind a reader's back.
create table if not exists dashloom.view_events (
  view_id uuid not null,
  version bigint not null,
  xid bigint not null default pg_current_xact_id()::text::bigint,
  seq bigint not null,
  payload bytea not null,
  primary key (view_id, version)
);

create index if not exists view_events_order on dashloom.view_events (xid, seq);

-- A view's history goes with the view. No foreign key, whose check each new version would pay for.
create or replace function dashloom.forget_view() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from dashloom.view_events where view_id = old.id;
  return null;
end
$$;

revoke all on function dashloom.forget_view() from public;

create or replace trigger forget_view after delete on {{schema}}.dashboard_views
  for each row execute function dashloom.forget_view();

grant all on dashloom.view_events to {{role_owner}};
grant select, insert, update on dashloom.view_events to {{role_ingest}};
grant select, insert, update, delete on dashloom.view_events to {{role_operator}};
