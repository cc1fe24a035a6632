-- How many rows the latest archiving of an account has brought.
select coalesce(sum(stream.rows::bigint), 0)::bigint
from message_center.workflow_heartbeat as heartbeat
cross join lateral jsonb_each_text(heartbeat.counts) as stream (name, rows)
where heartbeat.workflow = %(workflow)s
    and heartbeat.account = %(account)s
    and stream.name <> 'set_aside'
