-- What people do with the quarantine.

-- Send nothing more to an address. Returns whether that is new.
create or replace function message_center.quarantine_address(channel integer, address text, reason text)
returns boolean
language plpgsql as $$
declare
    wanted alias for address;
begin
    insert into message_center.quarantine (wished_channel, address, message_id)
    values (channel, wanted, message_center.qualification('ignored', 0, reason))
    on conflict on constraint quarantine_wished_channel_address_key do nothing;
    return found;
end
$$;

-- Let an address be used again: events pushed from now on are sent. Returns whether it was in quarantine.
create or replace function message_center.release_address(channel integer, address text) returns boolean
language plpgsql as $$
declare
    wanted constant text := message_center.quarantine_form(channel::smallint, address);
begin
    delete from message_center.quarantine as q where q.wished_channel = channel and q.address = wanted;
    return found;
end
$$;
