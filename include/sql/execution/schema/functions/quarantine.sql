-- The form in which addresses are compared with those in quarantine: e-mail has no capitals, tokens have.
create or replace function message_center.quarantine_form(wished_channel smallint, address text) returns text
language sql immutable
return case wished_channel when 0 then lower(address) else address end;

-- Whoever puts an address in quarantine, people included.
create or replace function message_center.normalise_quarantine() returns trigger
language plpgsql as $$
begin
    new.address := message_center.quarantine_form(new.wished_channel, new.address);
    return new;
end
$$;
