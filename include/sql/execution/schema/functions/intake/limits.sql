-- How large a call and an event may be, told from their text.

-- A call that is too large to be looked at: refused as a whole, before anything of it is parsed.
create or replace function message_center.refuse_oversized_call(events json, this message_center.instance)
returns void
language plpgsql as $$
declare
    given constant bigint := octet_length(events::text);
begin
    if given > this.max_call_bytes then
        raise exception 'the call has % bytes of events, more than % (max_call_bytes)', given, this.max_call_bytes
            using errcode = 'program_limit_exceeded', hint = 'Push the events in several calls.';
    end if;
    -- To count them is to read it once more. A shorter call does no harm until it has been read.
    if given > 20 * this.max_call_events::bigint and json_typeof(events) = 'array' then
        perform message_center.refuse_too_many(json_array_length(events), this.max_call_events);
    end if;
end
$$;

-- Whether this session keeps the memory that large calls need.
create or replace function message_center.keeps_memory() returns boolean
language sql stable
return coalesce(current_setting('message_center.keeps_memory', true) = 'true', false);

-- glibc gives back at once what a session has freed, and takes it anew, page by page, for the next call: a tenth of the
-- time of a thousand events. It keeps, at the end of its heap, twice what it has seen come and go in one piece.
create or replace function message_center.keep_memory() returns void
language plpgsql as $$
declare
    -- A variable, so that no plan has the piece as a constant.
    part constant text := repeat('x', 4096);
begin
    perform octet_length(repeat(part, 1024));
    perform set_config('message_center.keeps_memory', 'true', false);
end
$$;

create or replace function message_center.refuse_too_many(given integer, max_call_events integer) returns void
language plpgsql as $$
begin
    if given > max_call_events then
        raise exception 'the call has % events, more than % (max_call_events)', given, max_call_events
            using errcode = 'program_limit_exceeded', hint = 'Push the events in several calls.';
    end if;
end
$$;

-- What the text of an event may have at most, whatever its form: every character of it as \uXXXX.
create or replace function message_center.max_event_bytes(max_ctx_bytes integer) returns bigint
language sql immutable
return 6 * (max_ctx_bytes::bigint + 8192);

-- Why the text of an event is too long to be looked at; null when it is not. The longest field is to blame.
create or replace function message_center.oversize_reason(element json, max_ctx_bytes integer) returns text
language sql immutable
begin atomic
    select case
            when octet_length(element::text) <= message_center.max_event_bytes(max_ctx_bytes) then null
            else coalesce(
                (
                    select case
                            when field.key = 'ctx' then format('ctx is larger than %s bytes', max_ctx_bytes)
                            else format('%s is longer than %s bytes', field.key,
                                message_center.max_field_bytes() ->> field.key)
                        end
                    from json_each(case json_typeof(element) when 'object' then element end) as field
                    where field.key = 'ctx' or message_center.max_field_bytes() ? field.key
                    order by octet_length(field.value::text) desc
                    limit 1
                ),
                format('an event has at most %s bytes', message_center.max_event_bytes(max_ctx_bytes))
            )
        end;
end;
