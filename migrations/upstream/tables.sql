-- The engine's tables, as small as dashloom can live with: for development, tests and the demo (`migrate --with-upstream`).

create table if not exists {{users}} (
  id uuid primary key default gen_random_uuid(),
  email text
);

create table if not exists {{query_templates}} (
  id uuid primary key default gen_random_uuid(),
  name text
);

create table if not exists {{workflows}} (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references {{users}},
  query_template_id uuid references {{query_templates}},
  name text,
  created_at timestamptz default now()
);

create table if not exists {{workflow_executions}} (
  id uuid primary key default gen_random_uuid(),
  workflow_id uuid not null references {{workflows}} on delete cascade,
  status varchar(20) not null,
  created_at timestamptz default now(),
  completed_at timestamptz
);
