-- What the narrator keeps. In the last phase, because it was added after the five phases were first released.

-- What was asked of the language model in the current hour of the clock, by all processes of a consumer group: one row a group.
create table if not exists dashloom.narration_budgets (
  consumer_group text primary key,
  hour timestamptz not null,
  requests bigint not null,
  tokens bigint not null
);

grant all on dashloom.narration_budgets to {{role_owner}};
grant select, insert, update on dashloom.narration_budgets to {{role_ingest}};
grant select, insert, update, delete on dashloom.narration_budgets to {{role_operator}};
