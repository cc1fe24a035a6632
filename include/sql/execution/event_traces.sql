-- What an instance knows of an event, whether it has the event itself still or not. candidates: what could have been
-- linked when it was processed, or now, in the order in which routing tries them.
select
    (
        select to_jsonb(l) - '{modified_xid,claim_token,owner,earlier_tries}'::text[]
            || jsonb_build_object('in_hand', l.claim_token is not null, 'failure_type', m.failure_type,
                'failure_reason', m.failure_reason, 'message', m.message)
        from message_center.delivery_log as l
        left join message_center.delivery_log_message as m on m.id = l.message_id
        where l.event_id = %(id)s
    ) as delivery,
    (
        select jsonb_agg(y.told || jsonb_build_object('message', m.message, 'failure_reason', m.failure_reason)
            order by y.position)
        from message_center.delivery_log as l
        cross join jsonb_array_elements(l.earlier_tries) with ordinality as y (told, position)
        left join message_center.delivery_log_message as m on m.id = (y.told ->> 'message_id')::bigint
        where l.event_id = %(id)s
    ) as tries,
    (
        select jsonb_agg(jsonb_build_object('id', k.id, 'kind', k.kind, 'logged_at', k.logged_at, 'url', u.url,
            'label', u.label) order by k.logged_at)
        from message_center.tracking_log as k
        left join message_center.tracking_url as u on u.id = k.tracking_url_id
        where k.event_id = %(id)s
    ) as tracking,
    (
        select jsonb_build_object('quarantined_at', q.quarantined_at, 'message', m.message)
        from message_center.quarantine as q
        left join message_center.delivery_log_message as m on m.id = q.message_id
        where q.wished_channel = %(wished_channel)s
            and q.address = case %(wished_channel)s::smallint when 0 then lower(%(address)s) else %(address)s end
    ) as quarantine,
    (
        select jsonb_build_object('enrichment', y.enrichment, 'stopped_at', y.stopped_at,
            'stopped_reason', y.stopped_reason)
        from message_center.event_type as y
        where y.name = %(type)s
    ) as event_type,
    (
        select jsonb_build_object('internal_name', t.internal_name, 'version', t.version, 'language', t.language)
        from message_center.message_template as t
        where t.id = %(template_id)s
    ) as template,
    (
        select jsonb_agg(jsonb_build_object('id', t.id, 'internal_name', t.internal_name, 'version', t.version,
            'language', t.language, 'priority', t.priority, 'condition', t.condition::text,
            'published_at', t.published_at)
            order by t.priority desc, t.published_at desc, t.internal_name, t.language desc)
        from message_center.message_template as t
        where t.event_type = %(type)s
            and t.wished_channel = %(wished_channel)s
            and t.queue = %(queue)s::message_center.event_queue
            and t.language in ('', %(language)s)
            and t.published_at <= coalesce(%(processed_at)s::timestamptz, now())
            and coalesce(t.unpublished_at, 'infinity') > coalesce(%(processed_at)s::timestamptz, now())
    ) as candidates,
    (
        select jsonb_agg(jsonb_build_object('id', a.act, 'kind', a.kind, 'requested_by', a.requested_by,
            'reason', a.reason, 'scheduled', a.scheduled, 'begun_at', a.begun_at, 'new_event_id', x.new_event_id::text,
            'refused', x.refused, 'is_new', x.new_event_id = %(id)s, 'event_id', x.event_id::text) order by a.begun_at)
        from message_center.operator_act_event as x
        join message_center.operator_act as a on a.act = x.act
        where x.event_id = %(id)s or (x.event_id = %(replay_of)s and x.new_event_id = %(id)s)
    ) as acts,
    (
        select jsonb_agg(jsonb_build_object('id', a.act, 'kind', a.kind, 'requested_by', a.requested_by,
            'reason', a.reason, 'begun_at', a.begun_at) order by a.begun_at)
        from message_center.operator_act as a
        where a.kind in ('quarantine', 'release')
            and lower(a.filter ->> 'addresses')::jsonb ? lower(%(address)s)
            and a.filter -> 'channel' = to_jsonb(%(wished_channel)s::smallint)
            -- Which is everybody's who was erased.
            and %(address)s::text <> 'erased'
    ) as address_acts,
    (
        select jsonb_agg(jsonb_build_object('id', e.id::text, 'created_at', e.created_at, 'status', e.status)
            order by e.id)
        from message_center.event as e
        where e.replay_of = %(id)s
    ) as replays
