-- Earlier tries are kept in the log itself, and so in the archive. What a log said goes there as it was.
alter table message_center.delivery_log add column earlier_tries jsonb;
update message_center.delivery_log as l set earlier_tries = told.tries
from (
    select t.event_id, jsonb_agg(jsonb_build_object('tried_at', t.tried_at, 'status', t.status,
        'message_id', t.message_id, 'engine', t.engine) order by t.tried_at) as tries
    from message_center.delivery_try as t
    group by t.event_id
) as told
where told.event_id = l.event_id;
-- What refers to it is made anew with the functions.
drop function if exists message_center.note_bounces(message_center.delivery_outcome[]);
drop function if exists message_center.note_tries(message_center.delivery_outcome[]);
drop function if exists message_center.purge_delivery_logs(pg_snapshot, interval, bigint, integer, bigint[]);
drop table message_center.delivery_try;
