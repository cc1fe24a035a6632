-- Most calls are one e-mail event that has nothing seldom: it is known by a look at all of it at once, and stored
-- without what is made ready for sets, keys and schedules. Everything else goes the way of take_in.

-- Whether nothing can be wrong with an event, nor anything be seldom about it. What refuses an event is said by
-- refusal_reason, and only there: it finds nothing wrong with what is plain, but for its depth. Not the other way
-- round: this may be strict, and is where that is cheaper.
--   ".type()" is asked of each field, because a jsonpath looks into arrays by itself.
create or replace function message_center.is_plain(event jsonb, max_ctx_bytes integer) returns boolean
language sql stable
return (
    -- What has something seldom is soon let go. No scalar, of which no keys can be taken, has three.
    event ?& '{type, email, ctx}'
    and event - '{type, wished_channel, email, external_id, origin, language, country, ctx, traceparent}'::text[] = '{}'
    and event @@ '$.ctx.type() == "object" && $.type.type() == "string" && $.type != ""
        && !($.wished_channel.type() != "number") && !($.external_id.type() != "string")
        && !($.origin.type() != "string") && !($.language.type() != "string") && !($.country.type() != "string")
        && !($.traceparent.type() != "string")'
    -- The text of what is no string has a quote, or no "@".
    and event ->> 'email' ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
        '@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]+$'
    and coalesce(event ->> 'wished_channel', '0') = '0'
    -- Neither its name nor one of its labels is longer than 63 bytes.
    and octet_length(event ->> 'email') < 64
    -- No field is longer than 255 bytes, as type, email and what names them take more than 35 besides.
    and pg_column_size(event - 'ctx') < 290
    and octet_length((event -> 'ctx')::text) <= max_ctx_bytes
) is true;

-- Whether nothing in an event lies deeper than it may. Not inlined: few events are long enough to be asked.
create or replace function message_center.is_shallow(event jsonb, max_ctx_depth smallint) returns boolean
language plpgsql stable as $$
begin
    -- What is larger than it was as text is asked of storable_events.
    return pg_column_size(event) <= 4096
        and not jsonb_path_exists(event -> 'ctx', format('lax $.**{%s}', max_ctx_depth + 1)::jsonpath);
end
$$;

-- Push an event if it is plain: its id; null when it is not, and nothing has been done. Both queues by their own tables:
-- to find the partition takes as long as to look at the event.
create or replace function message_center.push_plain(queue message_center.event_queue, events json, caller text)
returns bigint
language plpgsql as $$
#variable_conflict use_variable
declare
    max_bytes constant integer := 4096;
    event jsonb;
    is_welcome boolean;
    id bigint;
begin
    -- What is longer is small beside its text, or has its exponents looked at: storable_events does.
    if not starts_with(events::text, '{') or octet_length(events::text) > max_bytes or not message_center.is_itself()
    then
        return null;
    end if;
    begin
        event := events::text::jsonb;
    exception
        when data_exception or program_limit_exceeded or statement_too_complex or internal_error then
            return null;
    end;
    select i.instance_identifier is not null and octet_length(events::text) <= i.max_call_bytes
        and message_center.is_plain(event, i.max_ctx_bytes)
        -- Each level takes eight bytes at least: nothing can be too deep in what is short.
        and (pg_column_size(event) <= 8 * i.max_ctx_depth or message_center.is_shallow(event, i.max_ctx_depth))
    into is_welcome
    from message_center.instance as i;
    if is_welcome is not true then
        return null;
    end if;

    id := nextval('message_center.event_id_seq');
    if queue = 'rt' then
        insert into message_center.rt_event (
            id, queue, type, email, external_id, origin, language, country, ctx, caller, traceparent
        ) values (
            id, 'rt', event ->> 'type', event ->> 'email', event ->> 'external_id', event ->> 'origin',
            event ->> 'language', event ->> 'country', event -> 'ctx', caller, event ->> 'traceparent'
        );
        if message_center.window_waits('rtEventsProcessing') then
            perform message_center.wake_up('rtEventsProcessing');
        end if;
    else
        insert into message_center.batch_event (
            id, queue, type, email, external_id, origin, language, country, ctx, caller, traceparent
        ) values (
            id, 'batch', event ->> 'type', event ->> 'email', event ->> 'external_id', event ->> 'origin',
            event ->> 'language', event ->> 'country', event -> 'ctx', caller, event ->> 'traceparent'
        );
        if message_center.window_waits('batchEventsProcessing') then
            perform message_center.wake_up('batchEventsProcessing');
        end if;
    end if;
    return id;
end
$$;
