-- The event that a JSON object names, an outcome for instance; null when its event_id is none. The id may come as a
-- string: ids are above 2^53, and many a program has no such number.
create or replace function message_center.event_id_of(named jsonb) returns bigint
language sql stable
return case
    when named ->> 'event_id' ~ '^\d{1,19}$' and pg_input_is_valid(named ->> 'event_id', 'bigint')
        then (named ->> 'event_id')::bigint
end;
