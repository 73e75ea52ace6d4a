-- Phase 1: dashloom's own tables, all in the schema `dashloom`, which holds refinery's history and is there already. No foreign keys
-- to the engine's tables yet, nothing of the engine's is touched.

-- What this database was migrated with: the engine's tables and the roles, so that a later run under other names is refused.
create table if not exists dashloom.installation (
  name text primary key,
  value text not null
);

-- How far a consumer group has come in a partition. One hot row a partition, so most of its page is left free for HOT updates.
create table if not exists dashloom.consumer_positions (
  consumer_group text not null,
  topic text not null,
  partition integer not null,
  topic_id text,
  owner_token uuid,
  backend_pid integer,
  backend_start timestamptz,
  start_offset bigint not null,
  next_offset bigint not null,
  last_offset bigint,
  last_timestamp_ms bigint,
  last_fingerprint bytea,
  applied bigint not null default 0,
  superseded bigint not null default 0,
  duplicate bigint not null default 0,
  skipped bigint not null default 0,
  parked bigint not null default 0,
  dead_lettered bigint not null default 0,
  gap bigint not null default 0,
  settled_applied bigint not null default 0,
  settled_superseded bigint not null default 0,
  settled_duplicate bigint not null default 0,
  settled_skipped bigint not null default 0,
  settled_dead_lettered bigint not null default 0,
  updated_at timestamptz default now(),
  primary key (consumer_group, topic, partition)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- A replay: which stretch of which topic it reads. Its positions stand in `consumer_positions` under the same group,
-- `<group>/replay/<id>`; `asked` is what was asked for, by which a later call is known to go on with the same; `ends` holds for
-- each of `partitions` the offset at which its stretch ends.
create table if not exists dashloom.replays (
  consumer_group text primary key,
  topic text not null,
  asked text not null,
  partitions integer[] not null,
  ends bigint[] not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);

-- Each change of a position by an operator, never updated. skipped: how many offsets were stepped over; negative: are read again.
create table if not exists dashloom.position_changes (
  id bigint generated always as identity primary key,
  consumer_group text not null,
  topic text not null,
  partition integer not null,
  from_offset bigint not null,
  to_offset bigint not null,
  skipped bigint not null,
  reason text,
  login text not null default session_user,
  changed_at timestamptz not null default now()
);

-- A row for each workflow that has results; its deletion takes them along.
create table if not exists dashloom.workflow_state (
  workflow_id uuid primary key,
  -- Windows claimed by runs that count no more; the runs that count claim theirs by themselves.
  claims bytea not null default ''
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- The winning run of each execution as a mergeable aggregate. kind: 0 timed, 1 untimed, 2 empty.
create table if not exists dashloom.partials (
  workflow_id uuid not null,
  execution_id uuid not null,
  run bigint not null,
  finished_at_ns bigint not null,
  content_hash bytea not null,
  shape bytea not null,
  window_start date not null,
  window_end date not null,
  kind smallint not null,
  row_days bytea not null,
  rows bigint not null,
  encoding smallint not null,
  weight bigint not null,
  body bytea not null,
  stored_at timestamptz default now(),
  primary key (workflow_id, execution_id)
) with (fillfactor = 90);

-- Executions taken out by `dashloom withdraw`, up to and including a run.
create table if not exists dashloom.withdrawals (
  workflow_id uuid not null,
  execution_id uuid not null,
  run bigint not null,
  reason text,
  withdrawn_at timestamptz default now(),
  primary key (workflow_id, execution_id)
);

-- Views to be drawn anew: too many for one transaction, of another configuration (period_key '*': all of them), or in trouble.
create table if not exists dashloom.redraws (
  workflow_id uuid not null,
  period_key text not null,
  by_replay boolean not null default false,
  is_correction boolean not null default false,
  changes_data boolean not null default false,
  supersedes boolean not null default false,
  by_configuration boolean not null default false,
  execution_ids uuid[] not null default '{}',
  traceparent text,
  trouble text,
  asked_at timestamptz not null default now(),
  primary key (workflow_id, period_key)
) with (autovacuum_vacuum_scale_factor = 0.05);

create index if not exists redraws_due on dashloom.redraws (workflow_id) where trouble is null;

-- Executions whose row of the engine was not there or was held when it was to be told what became of their result.
create table if not exists dashloom.unflagged (
  workflow_id uuid not null,
  execution_id uuid not null,
  processed boolean not null,
  error text,
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  primary key (workflow_id, execution_id)
) with (autovacuum_vacuum_scale_factor = 0.05);

create index if not exists unflagged_due on dashloom.unflagged (due_at);

-- What is to be published. Insert-only: rows go by truncating a drained slot, never one by one.
create sequence if not exists dashloom.outbox_seq as bigint cache 1;

create table if not exists dashloom.outbox (
  seq bigint not null,
  slot smallint not null,
  id uuid not null,
  aggregatetype text not null,
  aggregateid text not null,
  type text not null,
  payload bytea,
  topic text not null,
  key bytea,
  header_keys text[] not null default '{}',
  header_values bytea[] not null default '{}',
  timestamp_ms bigint,
  view_version bigint,
  created_at timestamptz default now(),
  primary key (seq, slot)
) partition by list (slot);

create table if not exists dashloom.outbox_0 partition of dashloom.outbox for values in (0);
create table if not exists dashloom.outbox_1 partition of dashloom.outbox for values in (1);
create table if not exists dashloom.outbox_2 partition of dashloom.outbox for values in (2);
create table if not exists dashloom.outbox_3 partition of dashloom.outbox for values in (3);

-- How far the relay of a shard has come: every seq <= high is published except `gaps`.
create table if not exists dashloom.relay_positions (
  shard integer primary key,
  owner_token uuid,
  lease_until timestamptz,
  high bigint not null default 0,
  gaps bigint[] not null default '{}',
  gap_horizon xid8,
  published bigint not null default 0,
  updated_at timestamptz default now()
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Records that a broker refused for good, whole; the dead letter that tells of one has no body.
create table if not exists dashloom.refused (
  seq bigint primary key,
  id uuid not null,
  aggregatetype text not null,
  aggregateid text not null,
  type text not null,
  payload bytea,
  topic text not null,
  key bytea,
  header_keys text[] not null,
  header_values bytea[] not null,
  timestamp_ms bigint,
  view_version bigint,
  created_at timestamptz,
  cause text not null,
  refused_at timestamptz not null default now()
);

-- Records that wait: their result or their workflow is not there yet.
create table if not exists dashloom.parked (
  id bigint generated always as identity primary key,
  consumer_group text not null,
  topic text not null,
  partition integer not null,
  "offset" bigint not null,
  workflow_id uuid,
  execution_id uuid,
  reason text not null,
  key bytea,
  payload bytea,
  header_keys text[] not null default '{}',
  header_values bytea[] not null default '{}',
  timestamp_ms bigint,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  deadline_at timestamptz,
  parked_at timestamptz default now()
) with (autovacuum_vacuum_scale_factor = 0.05);

-- The timestamp tells a record of a topic that was made anew from the one that stood at its offset before.
create unique index if not exists parked_record
  on dashloom.parked (consumer_group, topic, partition, "offset", coalesce(timestamp_ms, -1));

create index if not exists parked_due on dashloom.parked (consumer_group, next_attempt_at);
create index if not exists parked_workflow on dashloom.parked (workflow_id);

-- Each run of the backfill; an unfinished one is resumed after `cursor`.
create table if not exists dashloom.backfills (
  id bigint generated always as identity primary key,
  rule text not null,
  since timestamptz not null,
  cursor uuid,
  started_at timestamptz not null default now(),
  finished_at timestamptz
);

-- What the backfill decided for a workflow, and why. outcome: enabled, unchanged, busy (locked by the engine, tried again).
create table if not exists dashloom.backfill_decisions (
  backfill_id bigint not null references dashloom.backfills on delete cascade,
  workflow_id uuid not null,
  outcome text not null,
  dashboard_type text,
  reason text not null,
  decided_at timestamptz not null default now(),
  primary key (backfill_id, workflow_id)
);

create index if not exists backfill_decisions_workflow on dashloom.backfill_decisions (workflow_id) where outcome = 'enabled';

-- lz4 costs a fraction of pglz, where the server was built with it.
do $$
declare
  target record;
begin
  for target in
    select c.oid::regclass as relation, a.attname as name
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'dashloom'::regnamespace
      and ((c.relname like 'outbox%' and a.attname = 'payload')
        or (c.relname = 'partials' and a.attname = 'body')
        or (c.relname in ('parked', 'refused') and a.attname = 'payload'))
      and c.relkind in ('r', 'p')
  loop
    execute format('alter table %s alter column %I set compression lz4', target.relation, target.name);
  end loop;
exception
  when feature_not_supported then null;
end
$$;
