-- What routing makes of an event, given its template: null where there is none, with_care() where the careful path must
-- find it.

create or replace function message_center.routed_status(
    expiration timestamptz, now_at timestamptz, template_id bigint
) returns message_center.event_status
language sql immutable
return case
    when expiration <= now_at then 'Expired'::message_center.event_status
    when template_id is null then 'Event not taken into account'::message_center.event_status
    when template_id = message_center.with_care() then 'Pending'::message_center.event_status
    else 'Pending delivery'::message_center.event_status
end;

create or replace function message_center.routing_reason(
    routes jsonb, expiration timestamptz, now_at timestamptz, template_id bigint,
    event_type text, wished_channel smallint, wanted_queue message_center.event_queue
) returns text
language sql stable
return case
    when expiration <= now_at then format('expired on %s, before it was processed', expiration)
    when template_id is not null then null
    when not routes ? ('type:' || event_type) then format('unknown event type "%s"', event_type)
    when routes ->> ('type:' || event_type) <> '' then
        message_center.reason_of_stop(event_type, routes ->> ('type:' || event_type))
    else
        format('no published message template for event type "%s", channel %s, in the %s queue',
            event_type, wished_channel, wanted_queue)
end;

-- How an event's queue time is counted. date_part and not extract: numeric would cost more than the rest.
create or replace function message_center.queue_ms(
    processed_at timestamptz, process_requested_on timestamptz, created_at timestamptz
) returns float8
language sql stable
return 1000 * date_part('epoch', processed_at - coalesce(process_requested_on, created_at));

create or replace function message_center.queue_time_bucket(queue_ms float8) returns integer
language sql immutable
return floor(20 * log(greatest(queue_ms, 0.001) * 1000))::integer;
