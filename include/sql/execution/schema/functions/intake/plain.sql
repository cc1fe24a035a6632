-- Most events are of e-mail and have nothing seldom: such a one is known by a look at all of it at once.

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
