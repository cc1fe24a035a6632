-- What is live on an instance, and which event types are stopped there.
select
    coalesce((
        select jsonb_object_agg(live.internal_name, live.version)
        from (
            select t.internal_name, max(t.version) as version
            from message_center.message_template as t
            where t.unpublished_at is null
            group by t.internal_name
        ) as live
    ), '{}') as versions,
    coalesce((
        select jsonb_object_agg(y.name, y.stopped_reason) from message_center.event_type as y
        where y.stopped_at is not null
    ), '{}') as stopped
