-- Whether this session may make roles.
select r.rolcreaterole or r.rolsuper from pg_roles as r where r.rolname = current_user
