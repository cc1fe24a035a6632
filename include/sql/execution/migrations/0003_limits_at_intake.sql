-- Limits of a call, addresses that break no index, quarantine as people write it, stamps that are always set.

-- All tables at once, while senders and engines are at work: they take them in other orders, so this never waits for
-- one while it holds another.
do $$
begin
    for attempt in 1..200 loop
        begin
            lock table message_center.instance in access exclusive mode;
            lock table message_center.delivery_log in access exclusive mode nowait;
            lock table
                message_center.event, message_center.delivery_log_message, message_center.quarantine,
                message_center.tracking_url, message_center.tracking_log
                in share row exclusive mode nowait;
            return;
        exception
            when lock_not_available then
                perform pg_sleep(0.02);
        end;
    end loop;
    raise exception 'the tables are in use' using errcode = 'lock_not_available';
end
$$;

alter table message_center.instance
    add column max_call_bytes integer not null default 67108864 check (max_call_bytes > 0),
    add column max_call_events integer not null default 100000 check (max_call_events > 0);

-- Nobody is in the midst of these: who judges has read the row that the statement above waits for.
drop function message_center.parsed_events(json, jsonb);
drop function message_center.refusal_reason(jsonb, text, integer, smallint, jsonpath);

-- The purge leaves what the archive could not take.
drop function message_center.purge_events(pg_snapshot, interval, bigint, integer);
drop function message_center.purge_delivery_logs(pg_snapshot, interval, bigint, integer);
drop function message_center.purge_tracking_logs(pg_snapshot, interval, bigint, integer);

drop index message_center.delivery_log_address;
create index delivery_log_address on message_center.delivery_log (left(address, 320));

-- Quarantine has e-mail in lower case, whoever wrote it, and tokens as they are: so far all was in lower case.
create function message_center.quarantine_form(wished_channel smallint, address text) returns text
language sql immutable
return case wished_channel when 0 then lower(address) else address end;

create function message_center.normalise_quarantine() returns trigger
language plpgsql as $$
begin
    new.address := message_center.quarantine_form(new.wished_channel, new.address);
    return new;
end
$$;

delete from message_center.quarantine as q
using message_center.quarantine as other
where q.wished_channel = 0
    and other.wished_channel = 0
    and lower(q.address) = lower(other.address)
    and q.id > other.id;
update message_center.quarantine set address = lower(address) where wished_channel = 0 and address <> lower(address);

insert into message_center.quarantine (wished_channel, address, message_id, quarantined_at)
select distinct on (l.wished_channel, l.address) l.wished_channel, l.address, q.message_id, q.quarantined_at
from message_center.quarantine as q
join message_center.delivery_log as l on l.wished_channel = q.wished_channel and lower(l.address) = q.address
where q.wished_channel <> 0 and l.status = 'Delivery failed'
order by l.wished_channel, l.address
on conflict (wished_channel, address) do nothing;

create trigger normalise_quarantine before insert or update of wished_channel, address on message_center.quarantine
    for each row execute function message_center.normalise_quarantine();

-- The stamps are for whoever writes, a session that replays rows (session_replication_role = replica) included: the
-- archive, the windows and the purge go by them.
alter table message_center.event enable always trigger stamp_modification;
alter table message_center.delivery_log enable always trigger stamp_modification;
alter table message_center.delivery_log_message enable always trigger stamp_modification;
alter table message_center.quarantine enable always trigger stamp_modification;
alter table message_center.quarantine enable always trigger normalise_quarantine;
alter table message_center.tracking_url enable always trigger stamp_modification;
alter table message_center.tracking_log enable always trigger stamp_modification;
