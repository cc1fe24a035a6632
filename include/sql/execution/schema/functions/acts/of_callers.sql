-- What callers do with events of their own: one at a time, each act kept like an operator's.

-- Whether a caller may push an event like this one, which it has pushed once: to replay it is to push it.
create or replace function message_center.may_push_again(event message_center.event) returns boolean
language sql stable
begin atomic
    select exists (
        select from message_center.caller as c
        where c.name = event.caller
            and (c.event_types is null or event.type = any (c.event_types))
            and (c.queues is null or event.queue = any (c.queues)));
end;

-- Replay, cancel or reschedule an event of a caller's. Asked again with the same act, it is the first time.
--   scheduled   reschedule: the new time, as it was sent; empty: now
--   new_id      replay: the new event
--   reason      why not
--   is_known    whether the caller has such an event at all
-- A replay of what the caller may not push any more is refused (MC002: not as a right that our role lacks).
create or replace function message_center.act_on_event_of(
    caller text, kind message_center.act_kind, act uuid, id bigint, scheduled text,
    out is_known boolean, out new_id bigint, out reason text
)
language plpgsql as $$
declare
    filter constant jsonb := jsonb_build_object('ids', jsonb_build_array(act_on_event_of.id::text));
    who constant text := 'caller ' || caller;
    why constant text := 'asked for through a door';
    own message_center.event;
begin
    own := (
        select o.event from message_center.own_events(act_on_event_of.caller) as o where o.id = act_on_event_of.id);
    is_known := own.id is not null;
    if not is_known then
        return;
    elsif kind = 'replay' and not message_center.may_push_again(own) then
        raise exception 'this caller may not push events of this type to this queue' using errcode = 'MC002';
    elsif not message_center.is_timestamp(scheduled) then
        raise exception 'scheduled is not an ISO 8601 date and time' using errcode = 'invalid_datetime_format';
    end if;
    if kind = 'replay' then
        perform message_center.replay_events(act, who, why, filter);
    elsif kind = 'cancel' then
        perform message_center.cancel_events(act, who, why, filter);
    else
        perform message_center.reschedule_events(act, who, why, filter, scheduled::timestamptz);
    end if;
    select a.new_event_id into new_id
    from message_center.operator_act_event as a
    where a.act = act_on_event_of.act and a.event_id = act_on_event_of.id;
    if not found or (kind = 'replay' and new_id is null) then
        reason := (select r.reason from message_center.refused_events(act) as r order by r.event_id limit 1);
    end if;
end
$$;
