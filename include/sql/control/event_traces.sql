-- What the archive knows of an event.
select
    (
        select to_jsonb(l) - '{modified_xid,earlier_tries}'::text[]
            || jsonb_build_object('failure_type', m.failure_type, 'failure_reason', m.failure_reason,
                'message', m.message)
        from archive.delivery_log as l
        left join archive.delivery_log_message as m on m.id = l.message_id
        where l.event_id = %(id)s and l.account = %(account)s
        order by l.id desc
        limit 1
    ) as delivery,
    (
        select jsonb_agg(y.told || jsonb_build_object('message', m.message, 'failure_reason', m.failure_reason)
            order by y.position)
        from archive.delivery_log as l
        cross join jsonb_array_elements(l.earlier_tries) with ordinality as y (told, position)
        left join archive.delivery_log_message as m on m.id = (y.told ->> 'message_id')::bigint
        where l.event_id = %(id)s and l.account = %(account)s
    ) as tries,
    (
        select jsonb_agg(jsonb_build_object('id', k.id, 'kind', k.kind, 'logged_at', k.logged_at, 'url', u.url,
            'label', u.label) order by k.logged_at)
        from archive.tracking_log as k
        left join archive.tracking_url as u on u.id = k.tracking_url_id
        where k.event_id = %(id)s and k.account = %(account)s
    ) as tracking,
    (
        select jsonb_build_object('internal_name', t.internal_name, 'version', t.version, 'language', t.language,
            'published_at', p.published_at, 'requested_by', p.requested_by, 'comment', p.comment)
        from archive.message_template as t
        left join message_center.publication as p on p.number = t.version
        where t.account = %(account)s and t.id = %(template_id)s
    ) as template,
    (
        select jsonb_agg(jsonb_build_object('id', a.act, 'kind', a.kind, 'requested_by', a.requested_by,
            'reason', a.reason, 'scheduled', a.scheduled, 'begun_at', a.begun_at, 'new_event_id', x.new_event_id::text,
            'refused', x.refused, 'is_new', x.new_event_id = %(id)s, 'event_id', x.event_id::text) order by a.begun_at)
        from archive.operator_act_event as x
        join archive.operator_act as a on a.act = x.act and a.account = x.account
        where x.account = %(account)s
            and (x.event_id = %(id)s or (x.event_id = %(replay_of)s and x.new_event_id = %(id)s))
    ) as acts,
    (
        select jsonb_agg(jsonb_build_object('id', a.act, 'kind', a.kind, 'requested_by', a.requested_by,
            'reason', a.reason, 'begun_at', a.begun_at) order by a.begun_at)
        from archive.operator_act as a
        where a.account = %(account)s
            and a.kind in ('quarantine', 'release')
            and lower(a.filter ->> 'addresses')::jsonb ? lower(%(address)s)
            and a.filter -> 'channel' = to_jsonb(%(wished_channel)s::smallint)
            -- Which is everybody's who was erased.
            and %(address)s::text <> 'erased'
    ) as address_acts,
    (
        select jsonb_agg(jsonb_build_object('id', e.id::text, 'created_at', e.created_at, 'status', e.status)
            order by e.id)
        from archive.event as e
        where e.replay_of = %(id)s and e.account = %(account)s
    ) as replays
