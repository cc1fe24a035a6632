-- The addresses in quarantine, the latest first; by a part of the address, in whatever case.
select q.id, q.wished_channel, q.address, q.quarantined_at, m.failure_type::text as failure_type, m.failure_reason,
    m.message
from message_center.quarantine as q
left join message_center.delivery_log_message as m on m.id = q.message_id
where q.id < coalesce(%(before_id)s::bigint, 9223372036854775807)
    and (%(channel)s::smallint is null or q.wished_channel = %(channel)s::smallint)
    and (%(part)s::text is null or strpos(lower(q.address), lower(%(part)s)) > 0)
order by q.id desc
limit %(limit)s
