-- Claims that are kept for their engines after the server's start: with its sessions their locks went, and who is back
-- first cannot tell a dead engine from a slow one. What that has sent and not logged would go out again.

-- Claims with a smaller token are nobody else's yet; 0 when 15 s have passed since the first claim after the start. A
-- session that sees no row leaves one, so that nobody waits for another one's open transaction; the earliest counts. No
-- session outlives the start that it has seen: it looks until that is past.
create or replace function message_center.kept_claims() returns bigint
language plpgsql as $$
declare
    start message_center.server_start;
begin
    if coalesce(current_setting('message_center.start_is_past', true) = 'true', false) then
        return 0;
    end if;
    select s.* into start
    from message_center.server_start as s
    where s.started_at = pg_postmaster_start_time()
    order by s.noticed_at
    limit 1;
    if not found then
        delete from message_center.server_start as s
        where s.ctid = any(array(
            select o.ctid
            from message_center.server_start as o
            where o.started_at <> pg_postmaster_start_time()
            for update skip locked));
        insert into message_center.server_start default values returning * into start;
    end if;
    if clock_timestamp() between start.noticed_at and start.noticed_at + interval '15 seconds' then
        return start.first_token;
    end if;
    perform set_config('message_center.start_is_past', 'true', false);
    return 0;
end
$$;
