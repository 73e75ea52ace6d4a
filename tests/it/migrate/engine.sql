-- A workflow engine's tables, with more than dashloom needs, and a way to fill them.
create table users (id uuid primary key, email text not null unique, created_at timestamptz not null default now());
create table query_templates (id uuid primary key, name text not null, body text);
create table workflows (
  id uuid primary key, user_id uuid not null references users, query_template_id uuid references query_templates,
  name text not null, schedule text, created_at timestamptz not null default now(), touched bigint not null default 0
);
create index workflows_user on workflows (user_id);
create table workflow_executions (
  id uuid primary key, workflow_id uuid not null references workflows on delete cascade, status varchar(20) not null,
  created_at timestamptz not null default now(), completed_at timestamptz, touched bigint not null default 0
);
create index workflow_executions_workflow on workflow_executions (workflow_id);

create function nth(kind text, n int) returns uuid language sql immutable as $$ select md5(kind || n)::uuid $$;

-- n workflows of ten users and three templates. Of five executions the newer ones are recent: workflow i has i % 4 recent SUCCEEDED
-- ones; the others are older than 90 days or FAILED.
create function fill(n int) returns void language plpgsql as $$
begin
  insert into users (id, email) select nth('user', i), i || '@example.org' from generate_series(0, 9) i;
  insert into query_templates (id, name) select nth('template', i), 'template ' || i from generate_series(0, 2) i;
  insert into workflows (id, user_id, query_template_id, name)
    select nth('workflow', i), nth('user', i % 10), case when i % 5 <> 0 then nth('template', i % 3) end, 'workflow ' || i
    from generate_series(1, n) i;
  insert into workflow_executions (id, workflow_id, status, created_at)
    select nth('execution', i * 10 + k), nth('workflow', i), case when k = 4 then 'FAILED' else 'SUCCEEDED' end,
      now() - make_interval(days => case when k < i % 4 or k = 4 then k * 10 else 91 + k end)
    from generate_series(1, n) i, generate_series(0, 4) k;
end
$$;
