-- dashloom: no-transaction
-- What exporting keeps. In the last phase, because it was added after the five phases were first released.

-- A file's name, what it holds (`file_sha256`), what it was made of (`made_of`: content, format and options, so that the same is not
-- made twice), and when it was removed from where it lay. A row without `file_size_bytes` is of a file that is being written.
alter table {{schema}}.report_exports
  add column if not exists file_name text,
  add column if not exists file_sha256 bytea,
  add column if not exists made_of bytea,
  add column if not exists file_removed_at timestamptz;

-- The requirement's four formats, and HTML (docs/adr/0011-html-is-an-export-format.md).
do $$
begin
  alter table {{schema}}.report_exports drop constraint if exists chk_export_format;
  alter table {{schema}}.report_exports
    add constraint chk_export_format check (export_format in ('pdf', 'png', 'csv', 'xlsx', 'html')) not valid;
end
$$;

alter table {{schema}}.report_exports validate constraint chk_export_format;

create index concurrently if not exists idx_exports_expiring on {{schema}}.report_exports (expires_at)
  where file_removed_at is null;

-- Files whose rows went with their dashboard: they are removed by whoever removes what has expired. A row answers for the file of its
-- own name only: else whoever may write one row could have another's file read or removed.
create table if not exists dashloom.discarded_files (
  file_url text primary key,
  discarded_at timestamptz not null default now()
);

create or replace function dashloom.discard_file() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into dashloom.discarded_files (file_url) values (old.file_url) on conflict do nothing;
  return null;
end
$$;

revoke all on function dashloom.discard_file() from public;

create or replace trigger discard_file after delete on {{schema}}.report_exports
  for each row
  when (old.file_removed_at is null
    and old.file_url like '%/' || old.dashboard_view_id || '/' || old.id || '.' || old.export_format)
  execute function dashloom.discard_file();

grant all on dashloom.discarded_files to {{role_owner}};
grant select, insert, update, delete on dashloom.discarded_files to {{role_operator}};
