-- Whose claims are whose: an engine at work can be told from a dead one, since its sessions hold a lock.
--
--     engine                                   any session that claims, once a second
--     hold_claims(): a number, and its lock
--     claim_deliveries: the number's claims
--     dies, and its lock with it               looks at who has claims, and which locks are held
--                                              nobody holds this one: its leases end in 2.5 s
--     (or comes back, hold_claims(number),
--      renew_claims: its leases are long again)
--                                              takes the claims back
--
-- An engine that holds no lock, or does so through a pooler that gives its session to others, has its claims until
-- their leases end.

-- Hold the claims that this session makes, under a number of its own or one that another session of the same engine
-- has. Until the session ends.
create or replace function message_center.hold_claims(owner integer default null) returns integer
language plpgsql as $$
begin
    owner := coalesce(owner, nextval('message_center.claim_owner_seq')::integer);
    perform pg_advisory_lock_shared(hashtext('message_center.claims'), owner);
    perform set_config('message_center.owner', owner::text, false);
    return owner;
end
$$;

-- The number under which this session holds its claims; null if it does not.
create or replace function message_center.owner_of_session() returns integer
language sql stable
return message_center.remembered('owner', 'integer')::integer;

-- Let the leases of this session's owner begin anew, those that are near their end. To be called every few seconds,
-- and after a reconnect.
create or replace function message_center.renew_claims(lease interval) returns integer
language sql
begin atomic
    with near_end as (
        select l.id
        from message_center.delivery_log as l
        where l.status = 'Pending delivery'
            and l.owner = message_center.owner_of_session()
            and l.retry_at < clock_timestamp() + lease / 2
        for no key update skip locked
    ),
    renewed as (
        update message_center.delivery_log as l set retry_at = clock_timestamp() + lease
        from near_end as n
        where l.id = n.id
        returning 1
    )
    select count(*)::integer from renewed;
end;

-- The tokens of the claims that this session's owner still has, and for long enough to begin them. To be asked after a
-- reconnect: with a lease that is long nobody takes a claim back, and where a row is locked somebody may be about to.
create or replace function message_center.held_claims(lease interval) returns setof bigint
language sql
begin atomic
    select l.claim_token
    from message_center.delivery_log as l
    where l.status = 'Pending delivery'
        and l.owner = message_center.owner_of_session()
        and l.retry_at > clock_timestamp() + lease / 4
    for no key update skip locked;
end;

-- Let anybody have some of the claims that this session's owner has, by their tokens; returns how many.
create or replace function message_center.let_go_claims(tokens bigint[]) returns integer
language sql
begin atomic
    with let_go as (
        update message_center.delivery_log as l set retry_at = clock_timestamp()
        where l.status = 'Pending delivery'
            and l.owner = message_center.owner_of_session()
            and l.claim_token = any(tokens)
        returning 1
    )
    select count(*)::integer from let_go;
end;

-- End the leases of those whose lock nobody holds, after a grace in which an engine whose connection broke may come
-- back.
create or replace function message_center.end_leases_of_the_dead() returns void
language sql
begin atomic
    with dead as materialized (
        -- Whoever had claims in this statement's snapshot had the lock before it.
        select o.owner
        from (
            select distinct l.owner
            from message_center.delivery_log as l
            where l.status = 'Pending delivery'
                and l.owner is not null
                and l.owner is distinct from message_center.owner_of_session()
        ) as o
        where not exists (
            select from pg_locks as k
            where k.locktype = 'advisory'
                and k.database = (select d.oid from pg_database as d where d.datname = current_database())
                and k.classid = (hashtext('message_center.claims')::bigint & 4294967295)::oid
                and k.objid = o.owner::oid
                and k.objsubid = 2
                and k.granted)
    ),
    theirs as (
        select l.id
        from dead as d
        join message_center.delivery_log as l on l.owner = d.owner
        where l.status = 'Pending delivery'
            and l.owner is not null
            and l.retry_at > clock_timestamp() + interval '2.5 seconds'
        for no key update of l skip locked
    )
    update message_center.delivery_log as l set retry_at = clock_timestamp() + interval '2.5 seconds'
    from theirs as t
    where l.id = t.id;
end;

-- The same, once a second in a session.
create or replace function message_center.look_for_the_dead() returns void
language plpgsql as $$
declare
    looked_at constant timestamptz := message_center.remembered('looked_for_the_dead', 'timestamptz');
begin
    if coalesce(looked_at not between clock_timestamp() - interval '0.9 seconds' and clock_timestamp(), true) then
        perform set_config('message_center.looked_for_the_dead', clock_timestamp()::text, false);
        perform message_center.end_leases_of_the_dead();
    end if;
end
$$;
