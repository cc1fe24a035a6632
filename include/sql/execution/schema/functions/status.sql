-- Which way a status may move. docs/state_machine.md draws it.

create or replace function message_center.status_may_move(
    old_status message_center.event_status, new_status message_center.event_status
) returns boolean
language sql immutable
return case old_status
    when 'Pending' then new_status in ('Pending delivery', 'Event not taken into account', 'Expired')
    when 'Pending delivery' then
        new_status in ('Sent', 'Ignored by the delivery', 'Delivery failed', 'Expired')
    when 'Sent' then new_status = 'Delivery failed'
    else false
end;

create or replace function message_center.refuse_status_move() returns trigger
language plpgsql as $$
begin
    raise exception 'event %: its status cannot move from "%" to "%"', old.id, old.status, new.status
        using errcode = 'check_violation',
            hint = 'A status only moves forward. To send again, push a new event with replay_of.';
end
$$;

create or replace function message_center.refuse_delivery_log_move() returns trigger
language plpgsql as $$
begin
    raise exception 'delivery log of event %: its status cannot move from "%" to "%"',
        old.event_id, old.status, new.status using errcode = 'check_violation';
end
$$;
