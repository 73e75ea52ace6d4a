-- Everything the migration makes, one line each, in the words of the catalog: the same on every server version.
with ours as (
  select c.oid, c.relname::text as name, n.nspname::text as schema, c.relkind, c.relrowsecurity, c.relforcerowsecurity
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname in ('public', 'dashloom')
    and c.relname <> 'refinery_schema_history' and not c.relispartition
), names as (
  select oid, case schema when 'public' then name else schema || '.' || name end as name from ours
)
select line from (
  select format('column %s.%s %s%s%s', n.name, a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then ' not null' end,
    case when a.attidentity <> '' then ' identity' else ' default ' || pg_get_expr(d.adbin, d.adrelid) end) as line
  from names n
  join pg_attribute a on a.attrelid = n.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all
  select format('constraint %s %s %s%s', n.name, c.conname, replace(pg_get_constraintdef(c.oid), 'public.', ''),
    case when c.convalidated then '' else ' unvalidated' end)
  from names n join pg_constraint c on c.conrelid = n.oid and c.contype in ('p', 'u', 'f', 'c')
  union all
  select format('index %s%s', replace(pg_get_indexdef(i.indexrelid), 'public.', ''), case when i.indisvalid then '' else ' invalid' end)
  from names n join pg_index i on i.indrelid = n.oid
  where not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u'))
  union all
  select format('trigger %s %s', n.name, t.tgname)
  from names n join pg_trigger t on t.tgrelid = n.oid and not t.tgisinternal
  union all
  select format('security %s enabled=%s forced=%s', n.name, o.relrowsecurity, o.relforcerowsecurity)
  from names n join ours o using (oid)
  where o.relrowsecurity or o.relforcerowsecurity
  union all
  select format('policy %s %s to %s', n.name, p.polname,
    (select string_agg(r.rolname, ',' order by r.rolname) from pg_roles r where r.oid = any (p.polroles)))
  from names n join pg_policy p on p.polrelid = n.oid
) lines
order by line collate "C"
