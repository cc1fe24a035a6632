-- The roles that this database has or may have: whether each is there, and has what rights() gives it. A role that can
-- log in is somebody's own, whatever its name, and gets nothing.
select
    quote_ident(wanted.name) as name,
    coalesce(not role.rolcanlogin, false) as is_there,
    role.oid is not null as is_taken,
    coalesce(bool_and(
        has_schema_privilege(role.oid, split_part(r.name, '.', 1), 'usage')
        and case r.kind
            when 'table' then has_table_privilege(role.oid, r.name, 'select')
            else has_function_privilege(role.oid, p.oid, 'execute')
        end), false) as has_its_rights
from message_center.rights() as r
cross join unnest(r.roles) as given (role)
cross join lateral (select current_database() || '_' || given.role) as wanted (name)
left join pg_roles as role on role.rolname = wanted.name
left join pg_proc as p
    on r.kind = 'function' and p.pronamespace::regnamespace::text || '.' || p.proname = r.name
-- A name has 63 bytes at most, and a longer one would be cut to the same four times.
where octet_length(wanted.name) <= 63
group by wanted.name, role.oid, role.rolcanlogin
order by wanted.name
