-- The stamp by which the archive, the windows and the purge see what has changed: see event.modified_xid. Its triggers
-- fire always, in a session that replays rows too (session_replication_role = replica, a logical subscription).
create or replace function message_center.stamp_modification() returns trigger
language plpgsql as $$
begin
    new.modified_xid := pg_current_xact_id();
    new.modified_at := clock_timestamp();
    return new;
end
$$;
