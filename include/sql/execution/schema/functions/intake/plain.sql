-- Most calls are one e-mail event that has nothing seldom: it is known by a look at all of it at once, and stored
-- without what is made ready for sets, keys and schedules. Everything else goes the way of take_in.

-- Whether nothing can be wrong with an event, nor anything be seldom about it. What refuses an event is said by
-- refusal_reason, and only there: it finds nothing wrong with what is plain, but for its depth. Not the other way
-- round: this may be strict, and is where that is cheaper.
--   ".type()" is asked of each field, because a jsonpath looks into arrays by itself.
create or replace function message_center.is_plain(event jsonb, max_ctx_bytes integer) returns boolean
language sql stable
return (
    event @@ '$.type() == "object" && $.ctx.type() == "object" && $.type.type() == "string" && $.type != ""
        && !($.wished_channel.type() != "number") && !($.external_id.type() != "string")
        && !($.origin.type() != "string") && !($.language.type() != "string") && !($.country.type() != "string")
        && !($.traceparent.type() != "string") && $.email.type() == "string"'
    and event ->> 'email' ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
        '@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]+$'
    and event - '{type, wished_channel, email, external_id, origin, language, country, ctx, traceparent}'::text[] = '{}'
    and coalesce(event ->> 'wished_channel', '0') = '0'
    -- Neither its name nor one of its labels is longer than 63 bytes.
    and octet_length(event ->> 'email') < 64
    -- No field is longer than 255 bytes, as type, email and what names them take more than 35 besides.
    and pg_column_size(event - 'ctx') < 290
    and octet_length((event -> 'ctx')::text) <= max_ctx_bytes
) is true;

-- Push an event if it is plain: its id; null when it is not, and nothing has been done.
create or replace function message_center.push_plain(queue message_center.event_queue, events json, caller text)
returns bigint
language plpgsql as $$
#variable_conflict use_variable
declare
    max_bytes constant integer := 4096;
    this message_center.instance;
    event jsonb;
    id bigint;
begin
    -- What is longer is small beside its text, or has its exponents looked at: storable_events does.
    if octet_length(events::text) > max_bytes or json_typeof(events) <> 'object' then
        return null;
    end if;
    select * into this from message_center.instance;
    if this.instance_identifier is null or octet_length(events::text) > this.max_call_bytes
        or not message_center.is_itself()
    then
        return null;
    end if;
    begin
        event := events::text::jsonb;
    exception
        when data_exception or program_limit_exceeded or statement_too_complex or internal_error then
            return null;
    end;
    if not message_center.is_plain(event, this.max_ctx_bytes) then
        return null;
    end if;
    -- Each level takes eight bytes at least: nothing can be too deep in what is short.
    if pg_column_size(event) > 8 * this.max_ctx_depth then
        if pg_column_size(event) > max_bytes
            or jsonb_path_exists(event -> 'ctx', format('lax $.**{%s}', this.max_ctx_depth + 1)::jsonpath)
        then
            return null;
        end if;
    end if;

    id := nextval('message_center.event_id_seq');
    insert into message_center.event (
        id, queue, type, email, external_id, origin, language, country, ctx, caller, traceparent
    ) values (
        id, queue, event ->> 'type', event ->> 'email', event ->> 'external_id', event ->> 'origin',
        event ->> 'language', event ->> 'country', event -> 'ctx', caller, event ->> 'traceparent'
    );
    if message_center.window_waits(case queue when 'rt' then 'rtEventsProcessing' else 'batchEventsProcessing' end) then
        perform message_center.wake_up(case queue when 'rt' then 'rtEventsProcessing' else 'batchEventsProcessing' end);
    end if;
    return id;
end
$$;
