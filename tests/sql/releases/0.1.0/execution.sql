-- The execution side as 0.1.0 makes it of an empty database: by scripts.freeze_release.

--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: message_center; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA message_center;

--
-- Name: message_center_enrichment; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA message_center_enrichment;

--
-- Name: delivery_claim; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.delivery_claim AS (
	claimed integer,
	claims bigint[],
	settled integer,
	last_xid xid8,
	last_id bigint
);

--
-- Name: event_status; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.event_status AS ENUM (
    'Pending',
    'Pending delivery',
    'Sent',
    'Ignored by the delivery',
    'Delivery failed',
    'Event not taken into account',
    'Expired'
);

--
-- Name: TYPE event_status; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON TYPE message_center.event_status IS 'The words are those that people see. A status only moves forward: see status_may_move.';

--
-- Name: failure_type; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.failure_type AS ENUM (
    'soft',
    'hard',
    'ignored'
);

--
-- Name: delivery_outcome; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.delivery_outcome AS (
	"position" integer,
	event_id bigint,
	status message_center.event_status,
	failure_type message_center.failure_type,
	failure_reason smallint,
	message text,
	quarantine boolean,
	refused text
);

--
-- Name: enrichment_kind; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.enrichment_kind AS ENUM (
    'sql',
    'python'
);

--
-- Name: event_queue; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.event_queue AS ENUM (
    'rt',
    'batch'
);

--
-- Name: pushed_event; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.pushed_event AS (
	"position" integer,
	event jsonb,
	id bigint,
	reason text,
	is_known boolean
);

--
-- Name: queue_batch; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.queue_batch AS (
	claimed integer,
	last_xid xid8,
	last_id bigint
);

--
-- Name: queue_claim; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.queue_claim AS (
	ids bigint[],
	last_xid xid8,
	last_due timestamp with time zone,
	last_id bigint
);

--
-- Name: queue_cursor; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.queue_cursor AS (
	seen pg_snapshot,
	passing pg_snapshot,
	after_xid xid8,
	after_id bigint,
	due_at timestamp with time zone,
	due_id bigint
);

--
-- Name: routing_step; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.routing_step AS (
	claimed integer,
	routed integer,
	not_taken_into_account integer,
	expired integer,
	postponed integer,
	queue_times jsonb,
	slowest_ms double precision,
	last_xid xid8,
	last_id bigint
);

--
-- Name: add_steps(message_center.routing_step, message_center.routing_step); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.add_steps(one message_center.routing_step, other message_center.routing_step) RETURNS message_center.routing_step
    LANGUAGE sql IMMUTABLE
    BEGIN ATOMIC
 SELECT (COALESCE((one).claimed, 0) + COALESCE((other).claimed, 0)),
     (COALESCE((one).routed, 0) + COALESCE((other).routed, 0)),
     (COALESCE((one).not_taken_into_account, 0) + COALESCE((other).not_taken_into_account, 0)),
     (COALESCE((one).expired, 0) + COALESCE((other).expired, 0)),
     (COALESCE((one).postponed, 0) + COALESCE((other).postponed, 0)),
     ( SELECT jsonb_object_agg(sums.bucket, sums.events) AS jsonb_object_agg
            FROM ( SELECT b.key AS bucket,
                     sum((b.value)::integer) AS events
                    FROM ( SELECT jsonb_each_text.key,
                             jsonb_each_text.value
                            FROM jsonb_each_text((add_steps.one).queue_times) jsonb_each_text(key, value)
                         UNION ALL
                          SELECT jsonb_each_text.key,
                             jsonb_each_text.value
                            FROM jsonb_each_text((add_steps.other).queue_times) jsonb_each_text(key, value)) b
                   GROUP BY b.key) sums) AS jsonb_object_agg,
     GREATEST((one).slowest_ms, (other).slowest_ms) AS "greatest",
     NULL::xid8 AS xid8,
     NULL::bigint AS int8;
END;

--
-- Name: address_field(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.address_field(wished_channel text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE COALESCE(wished_channel, '0'::text) WHEN '0'::text THEN 'email'::text WHEN '1'::text THEN 'mobile_phone'::text WHEN '41'::text THEN 'registration_token'::text WHEN '42'::text THEN 'registration_token'::text ELSE NULL::text END;

--
-- Name: event_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

SET default_tablespace = '';

--
-- Name: event; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.event (
    id bigint DEFAULT nextval('message_center.event_id_seq'::regclass) NOT NULL,
    queue message_center.event_queue NOT NULL,
    status message_center.event_status DEFAULT 'Pending'::message_center.event_status NOT NULL,
    status_reason text,
    type text NOT NULL,
    wished_channel smallint DEFAULT 0 NOT NULL,
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint DEFAULT 0 NOT NULL,
    ctx jsonb NOT NULL,
    scheduled timestamp with time zone,
    expiration timestamp with time zone,
    idempotency_key text,
    replay_of bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    process_requested_on timestamp with time zone,
    error_count smallint DEFAULT 0 NOT NULL,
    enriched_at timestamp with time zone,
    template_id bigint,
    processed_at timestamp with time zone,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT event_check CHECK ((
CASE wished_channel
    WHEN 0 THEN email
    WHEN 1 THEN mobile_phone
    ELSE registration_token
END IS NOT NULL)),
    CONSTRAINT event_check1 CHECK (((status <> ALL (ARRAY['Event not taken into account'::message_center.event_status, 'Expired'::message_center.event_status])) OR (status_reason IS NOT NULL))),
    CONSTRAINT event_email_format_check CHECK ((email_format = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT event_type_check CHECK ((type <> ''::text)),
    CONSTRAINT event_wished_channel_check CHECK ((wished_channel = ANY (ARRAY[0, 1, 41, 42])))
)
PARTITION BY LIST (queue);

--
-- Name: COLUMN event.modified_xid; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.event.modified_xid IS 'The transaction that last changed the row. "Changed since snapshot S" is modified_xid >= xmax(S) or one of those that S saw in progress: exact, so a late commit is never skipped.';

--
-- Name: batch_end(message_center.event_queue, xid8, bigint, xid8, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.batch_end(wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer) RETURNS message_center.queue_batch
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    BEGIN ATOMIC
 WITH full_batch AS MATERIALIZED (
          SELECT e.modified_xid,
             e.id
            FROM message_center.event e
           WHERE ((e.queue = batch_end.wanted_queue) AND (e.status = 'Pending'::message_center.event_status) AND (e.process_requested_on IS NULL) AND (ROW(e.modified_xid, e.id) > ROW(batch_end.start_xid, batch_end.start_id)) AND (e.modified_xid <= batch_end.high))
           ORDER BY e.modified_xid, e.id
          OFFSET (batch_end.max_events - 1)
          LIMIT 1
         )
  SELECT batch_end.max_events AS max_events,
     f.modified_xid,
     f.id
    FROM full_batch f
 UNION ALL
 ( SELECT NULL::integer,
     e.modified_xid,
     e.id
    FROM message_center.event e
   WHERE ((NOT (EXISTS ( SELECT
            FROM full_batch))) AND (e.queue = batch_end.wanted_queue) AND (e.status = 'Pending'::message_center.event_status) AND (e.process_requested_on IS NULL) AND (ROW(e.modified_xid, e.id) > ROW(batch_end.start_xid, batch_end.start_id)) AND (e.modified_xid <= batch_end.high))
   ORDER BY e.modified_xid DESC, e.id DESC
  LIMIT 1);
END;

--
-- Name: begin_pass(message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.begin_pass(cursor message_center.queue_cursor) RETURNS message_center.queue_cursor
    LANGUAGE sql STABLE
    RETURN CASE WHEN ((cursor).passing IS NULL) THEN ROW((cursor).seen, pg_current_snapshot(), '0'::xid8, (0)::bigint, (cursor).due_at, (cursor).due_id)::message_center.queue_cursor ELSE cursor END;

--
-- Name: begin_waiting(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.begin_waiting(workflow text) RETURNS boolean
    LANGUAGE sql
    RETURN pg_try_advisory_lock(hashtext('message_center'::text), hashtext(workflow));

--
-- Name: claim_come_due(message_center.event_queue, timestamp with time zone, bigint, timestamp with time zone, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_come_due(wanted_queue message_center.event_queue, due_at timestamp with time zone, due_id bigint, now_at timestamp with time zone, max_events integer) RETURNS message_center.queue_claim
    LANGUAGE sql
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    BEGIN ATOMIC
 WITH claimed AS MATERIALIZED (
          SELECT e.id,
             e.process_requested_on
            FROM message_center.event e
           WHERE ((e.queue = claim_come_due.wanted_queue) AND (e.status = 'Pending'::message_center.event_status) AND (e.process_requested_on IS NOT NULL) AND (ROW(e.process_requested_on, e.id) > ROW(claim_come_due.due_at, claim_come_due.due_id)) AND (e.process_requested_on <= claim_come_due.now_at))
           ORDER BY e.process_requested_on, e.id
          LIMIT claim_come_due.max_events
          FOR NO KEY UPDATE OF e SKIP LOCKED
         )
  SELECT array_agg(c.id ORDER BY c.process_requested_on, c.id) AS array_agg,
     NULL::xid8 AS xid8,
     max(c.process_requested_on) AS max,
     (array_agg(c.id ORDER BY c.process_requested_on DESC, c.id DESC))[1] AS array_agg
    FROM claimed c;
END;

--
-- Name: claim_decision(text, timestamp with time zone, bigint, smallint, smallint); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_decision(stopped_reason text, expiration timestamp with time zone, quarantine_id bigint, tries smallint, max_tries smallint) RETURNS message_center.event_status
    LANGUAGE sql
    RETURN CASE WHEN (stopped_reason IS NOT NULL) THEN 'Ignored by the delivery'::message_center.event_status WHEN (expiration <= clock_timestamp()) THEN 'Expired'::message_center.event_status WHEN (quarantine_id IS NOT NULL) THEN 'Ignored by the delivery'::message_center.event_status WHEN (tries >= max_tries) THEN 'Delivery failed'::message_center.event_status ELSE 'Pending delivery'::message_center.event_status END;

--
-- Name: claim_deliveries(smallint, text, interval, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_deliveries(channel smallint, engine text, lease interval, max_events integer) RETURNS TABLE(event_id bigint, queue message_center.event_queue, type text, address text, language text, country text, email_format smallint, external_id text, origin text, ctx jsonb, created_at timestamp with time zone, template_id bigint, tries smallint, account text)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    cursor_name constant text := 'channel_' || channel;
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    step record;
    settled integer;
    more boolean := true;
begin
    perform message_center.notice_restore();
    step := message_center.reclaim_deliveries(channel, engine, lease, max_events);
    settled := step.settled;
    while more and step.claims is null loop
        step := message_center.claim_fresh(channel, engine, lease, max_events, cursor);
        cursor := step.cursor;
        more := step.more;
        settled := settled + coalesce(step.settled, 0);
        perform message_center.save_cursor(cursor_name, cursor);
    end loop;
    if settled > 0 then
        perform message_center.wake_up('updateEventStatus');
    end if;

    return query
    select e.id, e.queue, e.type, l.address, e.language, e.country, e.email_format, e.external_id, e.origin, e.ctx,
        e.created_at, e.template_id, l.tries, i.account
    from unnest(step.claims) as claim (id)
    join message_center.delivery_log as l on l.event_id = claim.id
    join message_center.event as e on e.id = l.event_id and e.queue = l.queue
    cross join message_center.instance as i;
end
$$;

--
-- Name: claim_enrichments(text, interval, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_enrichments(event_type text, lease interval, max_events integer) RETURNS TABLE(event_id bigint, event jsonb)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    wanted_type alias for event_type;
begin
    delete from message_center.enrichment_request as r
    using message_center.event as e
    where r.event_type = wanted_type and e.id = r.event_id and e.queue = r.queue and e.status <> 'Pending';

    return query
    with claimed as (
        select r.event_id
        from message_center.enrichment_request as r
        where r.event_type = wanted_type and r.claimed_until < clock_timestamp()
        order by r.event_id
        limit max_events
        for update skip locked
    ),
    leased as (
        update message_center.enrichment_request as r set claimed_until = clock_timestamp() + lease
        from claimed as c
        where r.event_id = c.event_id
        returning r.event_id, r.queue
    )
    select e.id, to_jsonb(e) - '{modified_xid,modified_at,template_id}'::text[]
    from leased as l
    join message_center.event as e on e.id = l.event_id and e.queue = l.queue
    order by e.id;
end
$$;

--
-- Name: claim_fresh(smallint, text, interval, integer, message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_fresh(channel smallint, engine text, lease interval, max_events integer, INOUT cursor message_center.queue_cursor, OUT claims bigint[], OUT settled integer, OUT more boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    range record;
    step message_center.delivery_claim;
begin
    cursor := message_center.begin_pass(cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.claim_set(
            channel, engine, lease, max_events, range.start_xid, range.start_id, range.high);
        exit when step.claimed > 0;
    end loop;
    more := coalesce(step.claimed > 0, false);
    if more then
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    claims := step.claims;
    settled := step.settled;
end
$$;

--
-- Name: claim_pending(message_center.event_queue, xid8, bigint, xid8, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_pending(wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer) RETURNS message_center.queue_claim
    LANGUAGE sql
    SET enable_seqscan TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    BEGIN ATOMIC
 WITH claimed AS MATERIALIZED (
          SELECT e.id,
             e.modified_xid
            FROM message_center.event e
           WHERE ((e.queue = claim_pending.wanted_queue) AND (e.status = 'Pending'::message_center.event_status) AND (e.process_requested_on IS NULL) AND (ROW(e.modified_xid, e.id) > ROW(claim_pending.start_xid, claim_pending.start_id)) AND (e.modified_xid <= claim_pending.high))
           ORDER BY e.modified_xid, e.id
          LIMIT claim_pending.max_events
          FOR NO KEY UPDATE OF e SKIP LOCKED
         )
  SELECT array_agg(c.id ORDER BY c.modified_xid, c.id) AS array_agg,
     (array_agg(c.modified_xid ORDER BY c.modified_xid DESC))[1] AS array_agg,
     NULL::timestamp with time zone AS timestamptz,
     (array_agg(c.id ORDER BY c.modified_xid DESC, c.id DESC))[1] AS array_agg
    FROM claimed c;
END;

--
-- Name: claim_set(smallint, text, interval, integer, xid8, bigint, xid8); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.claim_set(channel smallint, engine text, lease interval, max_events integer, start_xid xid8, start_id bigint, high xid8) RETURNS message_center.delivery_claim
    LANGUAGE plpgsql
    AS $$
declare
    step message_center.delivery_claim;
begin
    with candidate as materialized (
        select e.id, e.queue, e.type, e.modified_xid, e.template_id, e.expiration,
            case channel when 0 then e.email when 1 then e.mobile_phone else e.registration_token end as address
        from message_center.event as e
        where e.wished_channel = channel
            and e.status = 'Pending delivery'
            and (e.modified_xid, e.id) > (start_xid, start_id)
            and e.modified_xid <= high
        order by e.modified_xid, e.id
        limit max_events
        for no key update skip locked
    ),
    -- Already in the log: claimed by somebody, or done and not taken over yet.
    unclaimed as materialized (
        select c.*, stopped.name as stopped_type, stopped.stopped_reason,
            message_center.claim_decision(stopped.stopped_reason, c.expiration, q.id, null, null) as status
        from candidate as c
        left join message_center.event_type as stopped on stopped.name = c.type and stopped.stopped_at is not null
        left join message_center.quarantine as q on q.wished_channel = channel and q.address = lower(c.address)
        where not exists (select from message_center.delivery_log as l where l.event_id = c.id)
    ),
    execution_delivery as (
        insert into message_center.delivery as d (template_id, month)
        select distinct u.template_id, date_trunc('month', now())::date
        from unclaimed as u
        order by u.template_id
        on conflict (template_id, month) do update set month = excluded.month
        returning d.id, d.template_id
    ),
    logged as (
        insert into message_center.delivery_log as l
            (event_id, queue, delivery_id, wished_channel, address, status, message_id, engine, retry_at)
        select u.id, u.queue, d.id, channel, u.address, u.status,
            message_center.settled_message(u.status, u.stopped_type, u.stopped_reason),
            claim_set.engine,
            case u.status when 'Pending delivery' then clock_timestamp() + lease end
        from unclaimed as u
        join execution_delivery as d on d.template_id = u.template_id
        on conflict (event_id) do nothing
        returning l.event_id, l.status
    )
    select
        (select count(*) from candidate),
        (select array_agg(l.event_id) from logged as l where l.status = 'Pending delivery'),
        (select count(*) from logged as l where l.status <> 'Pending delivery'),
        (select c.modified_xid from candidate as c order by c.modified_xid desc limit 1),
        (select c.id from candidate as c order by c.modified_xid desc, c.id desc limit 1)
    into step;
    return step;
end
$$;

--
-- Name: database_identity(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.database_identity() RETURNS text
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT format('%s/%s'::text, control.system_identifier, this.oid) AS format
    FROM (pg_control_system() control(pg_control_version, catalog_version_no, system_identifier, pg_control_last_modified)
      CROSS JOIN pg_database this)
   WHERE (this.datname = current_database());
END;

--
-- Name: deploy_enrichment(text, jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.deploy_enrichment(event_type text, enrichment jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    wanted_type alias for event_type;
    wanted_kind constant text := enrichment ->> 'kind';
    wanted_source constant text := enrichment ->> 'source';
begin
    if exists (
        select from message_center.event_type as y
        where y.name = wanted_type
            and y.enrichment::text is not distinct from wanted_kind
            and y.enrichment_source is not distinct from wanted_source
    ) then
        return;
    end if;
    execute format(
        'drop function if exists message_center_enrichment.%I(message_center.event_queue, bigint[])', wanted_type);
    if wanted_kind = 'sql' then
        execute format($function$
            create or replace function message_center_enrichment.%I(message_center.event_queue, bigint[])
            returns table (id bigint, ctx jsonb)
            language sql stable
            as %L
            $function$, wanted_type, format($body$
                with events as (
                    select e.*
                    from unnest($2) as claimed (id)
                    join message_center.event as e on e.queue = $1 and e.id = claimed.id
                )
                select enrichment.id, enrichment.ctx from (
                %s
                ) as enrichment (id, ctx)
                $body$, rtrim(wanted_source, E'; \n')));
    end if;
    insert into message_center.event_type as y (name, enrichment, enrichment_source)
    values (wanted_type, wanted_kind::message_center.enrichment_kind, wanted_source)
    on conflict (name) do update set
        enrichment = excluded.enrichment,
        enrichment_source = excluded.enrichment_source;
end
$_$;

--
-- Name: deploy_template(text, integer, jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.deploy_template(internal_name text, version integer, content jsonb) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
    wanted_name alias for internal_name;
    wanted_version alias for version;
    -- One timestamp for all its rows: they are one template.
    published_now constant timestamptz := clock_timestamp();
    has_changed boolean;
begin
    if wanted_version is not null then
        perform message_center.deploy_enrichment(content ->> 'event_type', content -> 'enrichment');
    end if;

    update message_center.message_template as t set unpublished_at = published_now
    where t.internal_name = wanted_name and t.unpublished_at is null and t.version is distinct from wanted_version;
    has_changed := found;

    -- Back to a version that was here before.
    update message_center.message_template as t set unpublished_at = null, published_at = published_now
    where t.internal_name = wanted_name and t.version = wanted_version and t.unpublished_at is not null;
    has_changed := has_changed or found;

    insert into message_center.message_template (
        internal_name, version, event_type, wished_channel, queue, language, priority, condition,
        sender, reply_to, subject, html_body, text_body, published_at
    )
    select wanted_name, wanted_version, content ->> 'event_type', (content ->> 'wished_channel')::smallint, queue.name,
        variant.language, coalesce((content ->> 'priority')::smallint, 0), (content ->> 'condition')::jsonpath,
        variant.body ->> 'sender', variant.body ->> 'reply_to', variant.body ->> 'subject',
        variant.body ->> 'html_body', variant.body ->> 'text_body', published_now
    from jsonb_each(content -> 'languages') as variant (language, body)
    cross join unnest(enum_range(null::message_center.event_queue)) as queue (name)
    where wanted_version is not null
        and not exists (
            select from message_center.message_template as t
            where t.internal_name = wanted_name and t.version = wanted_version
        )
    order by queue.name, variant.language;
    return has_changed or found;
end
$$;

--
-- Name: deploy_templates(jsonb, jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.deploy_templates(event_types jsonb, templates jsonb) RETURNS SETOF text
    LANGUAGE plpgsql
    AS $$
declare
    template record;
begin
    -- Two publications take turns.
    perform pg_advisory_xact_lock(hashtext('message_center'), hashtext('deploy_templates'));

    insert into message_center.event_type as y (name, label)
    select key, value from jsonb_each_text(event_types) order by key
    on conflict (name) do update set label = excluded.label where y.label <> excluded.label;

    for template in
        select * from jsonb_to_recordset(templates) as t (internal_name text, version integer, content jsonb)
        order by internal_name
    loop
        if message_center.deploy_template(template.internal_name, template.version, template.content) then
            return next template.internal_name;
        end if;
    end loop;

    -- A type is unknown once no live template is of it.
    delete from message_center.event_type as y
    where not event_types ? y.name
        and y.stopped_at is null
        and not exists (
            select from message_center.message_template as t where t.event_type = y.name and t.unpublished_at is null
        );
end
$$;

--
-- Name: email_is_well_formed(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.email_is_well_formed(address text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN ((length(address) <= 254) AND (strpos(address, '@'::text) <= 65) AND (address ~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*$'::text) AND ((length(address) < 64) OR (split_part(address, '@'::text, 2) !~ '[^.]{64}'::text)));

--
-- Name: end_pass(message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.end_pass(cursor message_center.queue_cursor) RETURNS message_center.queue_cursor
    LANGUAGE sql IMMUTABLE
    RETURN ROW((cursor).passing, NULL::pg_snapshot, '0'::xid8, (0)::bigint, (cursor).due_at, (cursor).due_id)::message_center.queue_cursor;

--
-- Name: end_waiting(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.end_waiting(workflow text) RETURNS boolean
    LANGUAGE sql
    RETURN pg_advisory_unlock(hashtext('message_center'::text), hashtext(workflow));

--
-- Name: enrich_by_statement(message_center.event_queue, text, bigint[]); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.enrich_by_statement(wanted_queue message_center.event_queue, event_type text, ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    half integer := cardinality(ids) / 2;
begin
    execute format($statement$
        update message_center.event as e set
            ctx = message_center.merged_ctx(e.ctx, added.ctx),
            enriched_at = clock_timestamp()
        from unnest($2) as claimed (id)
        left join message_center_enrichment.%I($1, $2) as added on added.id = claimed.id
        where e.queue = $1 and e.id = claimed.id
        $statement$, event_type) using wanted_queue, ids;
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(wanted_queue, ids[1], 'enrichment: ' || sqlerrm);
        else
            perform message_center.enrich_by_statement(wanted_queue, event_type, ids[:half]);
            perform message_center.enrich_by_statement(wanted_queue, event_type, ids[half + 1:]);
        end if;
end
$_$;

--
-- Name: enrich_claimed(message_center.event_queue, bigint[], jsonb, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.enrich_claimed(wanted_queue message_center.event_queue, ids bigint[], enriched jsonb, now_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    same_type record;
begin
    for same_type in
        select e.type, array_agg(e.id) as ids
        from unnest(ids) as claimed (id)
        join message_center.event as e on e.queue = wanted_queue and e.id = claimed.id
        where enriched ? e.type
            and e.enriched_at is null
            and (e.expiration is null or e.expiration > now_at)
        group by e.type
    loop
        if enriched ->> same_type.type = 'sql' then
            perform message_center.enrich_by_statement(wanted_queue, same_type.type, same_type.ids);
        else
            perform message_center.request_enrichment(wanted_queue, same_type.type, same_type.ids);
        end if;
    end loop;
end
$$;

--
-- Name: delivery_log_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.delivery_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

SET default_table_access_method = heap;

--
-- Name: delivery_log; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.delivery_log (
    id bigint DEFAULT nextval('message_center.delivery_log_id_seq'::regclass) NOT NULL,
    event_id bigint NOT NULL,
    queue message_center.event_queue NOT NULL,
    delivery_id bigint,
    wished_channel smallint NOT NULL,
    address text NOT NULL,
    status message_center.event_status NOT NULL,
    message_id bigint,
    engine text,
    tries smallint DEFAULT 1 NOT NULL,
    retry_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT delivery_log_check CHECK (((status = 'Pending delivery'::message_center.event_status) = (retry_at IS NOT NULL))),
    CONSTRAINT delivery_log_status_check CHECK ((status <> ALL (ARRAY['Pending'::message_center.event_status, 'Event not taken into account'::message_center.event_status])))
);

--
-- Name: expire_events(message_center.event_queue); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.expire_events(wanted_queue message_center.event_queue) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 WITH late AS (
          SELECT e.id
            FROM message_center.event e
           WHERE ((e.queue = expire_events.wanted_queue) AND (e.status = 'Pending delivery'::message_center.event_status) AND (e.expiration <= clock_timestamp()) AND (NOT (EXISTS ( SELECT
                    FROM message_center.delivery_log l
                   WHERE (l.event_id = e.id)))))
           ORDER BY e.expiration, e.id
          LIMIT 1000
          FOR UPDATE OF e SKIP LOCKED
         ), expired AS (
          UPDATE message_center.event e SET status = 'Expired'::message_center.event_status, status_reason = format('expired on %s, before it was delivered'::text, e.expiration)
            FROM late
           WHERE ((e.queue = expire_events.wanted_queue) AND (e.id = late.id))
           RETURNING 1 AS "?column?"
         )
  SELECT (count(*))::integer AS count
    FROM expired;
END;

--
-- Name: field_refusal_reason(jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.field_refusal_reason(event jsonb) RETURNS TABLE(reason text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT
         CASE
             WHEN (expected.type IS NULL) THEN format('unknown field "%s"'::text, "left"(field.key, 100))
             ELSE format('%s must be a JSON %s, not %s'::text, field.key, expected.type, jsonb_typeof(field.value))
         END AS format
    FROM (jsonb_each(
         CASE jsonb_typeof(field_refusal_reason.event)
             WHEN 'object'::text THEN field_refusal_reason.event
             ELSE NULL::jsonb
         END) field(key, value)
      CROSS JOIN LATERAL ( SELECT ('{"ctx": "object", "type": "string", "email": "string", "origin": "string", "country": "string", "language": "string", "replay_of": "number", "scheduled": "string", "expiration": "string", "external_id": "string", "email_format": "number", "mobile_phone": "string", "wished_channel": "number", "idempotency_key": "string", "registration_token": "string"}'::jsonb ->> field.key) AS "?column?") expected(type))
   WHERE ((jsonb_typeof(field.value) IS DISTINCT FROM expected.type) AND (NOT ((jsonb_typeof(field.value) = 'null'::text) AND (expected.type IS NOT NULL))))
  LIMIT 1;
END;

--
-- Name: finish_enrichments(json); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.finish_enrichments(results json) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    failed record;
begin
    update message_center.event as e set
        ctx = message_center.merged_ctx(e.ctx, r.ctx),
        enriched_at = clock_timestamp(),
        process_requested_on = clock_timestamp(),
        status_reason = null
    from json_to_recordset(results) as r (event_id bigint, ctx jsonb, error text)
    join message_center.enrichment_request as request on request.event_id = r.event_id
    where r.error is null and e.queue = request.queue and e.id = r.event_id and e.status = 'Pending';

    for failed in
        select request.queue, r.event_id, r.error
        from json_to_recordset(results) as r (event_id bigint, error text)
        join message_center.enrichment_request as request on request.event_id = r.event_id
        where r.error is not null
        order by r.event_id
    loop
        perform message_center.postpone_event(failed.queue, failed.event_id, 'enrichment: ' || failed.error);
    end loop;

    delete from message_center.enrichment_request as request
    using json_to_recordset(results) as r (event_id bigint)
    where request.event_id = r.event_id;

    perform message_center.wake_up('rtEventsProcessing');
    perform message_center.wake_up('batchEventsProcessing');
end
$$;

--
-- Name: id_sequences(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.id_sequences() RETURNS SETOF regclass
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (s.oid)::regclass AS oid
    FROM pg_class s
   WHERE ((s.relnamespace = ('message_center'::regnamespace)::oid) AND (s.relkind = 'S'::"char") AND (s.relname ~~ '%\_id\_seq'::text));
END;

--
-- Name: reason_of_stop(text, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.reason_of_stop(event_type text, stopped_reason text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ((('event type "'::text || event_type) || '" is stopped: '::text) || stopped_reason);

--
-- Name: event_type; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.event_type (
    name text NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    enrichment message_center.enrichment_kind,
    enrichment_source text,
    stopped_at timestamp with time zone,
    stopped_reason text,
    CONSTRAINT event_type_check1 CHECK (((enrichment IS NULL) = (enrichment_source IS NULL))),
    CONSTRAINT event_type_check2 CHECK (((stopped_at IS NULL) = (stopped_reason IS NULL))),
    CONSTRAINT event_type_name_check CHECK ((name <> ''::text))
);

--
-- Name: TABLE event_type; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON TABLE message_center.event_type IS 'The enumeration of event types, published with the message templates.';

--
-- Name: ignore_stopped_events(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.ignore_stopped_events() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 WITH routed AS (
          SELECT e.id,
             e.queue,
             message_center.reason_of_stop(y.name, y.stopped_reason) AS reason
            FROM (message_center.event e
              JOIN message_center.event_type y ON ((y.name = e.type)))
           WHERE ((e.status = 'Pending delivery'::message_center.event_status) AND (y.stopped_at IS NOT NULL) AND (EXISTS ( SELECT
                    FROM message_center.event_type any_type
                   WHERE (any_type.stopped_at IS NOT NULL))) AND (NOT (EXISTS ( SELECT
                    FROM message_center.delivery_log l
                   WHERE (l.event_id = e.id)))))
          FOR NO KEY UPDATE OF e SKIP LOCKED
         ), ignored AS (
          UPDATE message_center.event e SET status = 'Ignored by the delivery'::message_center.event_status, status_reason = routed.reason
            FROM routed
           WHERE ((e.queue = routed.queue) AND (e.id = routed.id))
           RETURNING 1 AS "?column?"
         )
  SELECT (count(*))::integer AS count
    FROM ignored;
END;

--
-- Name: is_timestamp(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.is_timestamp(text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN (($1 ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$'::text) AND pg_input_is_valid($1, 'timestamptz'::text));

--
-- Name: judge_events(json, integer, smallint); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.judge_events(elements json, max_ctx_bytes integer, max_ctx_depth smallint) RETURNS message_center.pushed_event[]
    LANGUAGE plpgsql
    AS $_$
declare
    storable constant jsonb := case when pg_input_is_valid(elements::text, 'jsonb') then elements::text::jsonb end;
    too_deep constant jsonpath := format('lax $.**{%s}', max_ctx_depth + 1);
begin
    return array(
        select row(
            judged.position, judged.event,
            case when judged.reason is null then nextval('message_center.event_id_seq') end,
            judged.reason, false
        )::message_center.pushed_event
        from (
            select parsed.position, parsed.event,
                coalesce(parsed.reason,
                    message_center.refusal_reason(parsed.event, field.reason, max_ctx_bytes, max_ctx_depth, too_deep)
                ) as reason
            from message_center.parsed_events(elements, storable) as parsed
            left join lateral message_center.field_refusal_reason(parsed.event) as field on true
            order by parsed.position
            -- offset 0: judge each event once, not once for its id and once for its reason.
            offset 0
        ) as judged
    );
end
$_$;

--
-- Name: judge_outcomes(text, json); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.judge_outcomes(writer text, outcomes json) RETURNS message_center.delivery_outcome[]
    LANGUAGE plpgsql
    AS $$
begin
    return array(
        select row(
            o.position, o.event_id,
            case when o.status = 'Pending delivery' and o.failure_type is not null and l.tries >= i.max_delivery_tries
                then 'Delivery failed' else o.status end,
            o.failure_type, coalesce(o.failure_reason, 0), o.message,
            coalesce(o.quarantine, o.failure_type = 'hard', false),
            case
                when l.event_id is null then 'the event was not claimed'
                when o.event_id = lag(o.event_id) over (partition by o.event_id order by o.position)
                    then 'the event has another outcome in this call'
                when o.status is null or o.status in ('Pending', 'Event not taken into account', 'Expired')
                    then 'status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery'
                when o.status in ('Ignored by the delivery', 'Delivery failed')
                    and (o.failure_type is null or o.message is null) then 'failure_type or message is missing'
                when l.status = 'Sent' and o.status = 'Delivery failed' then null
                when l.status <> 'Pending delivery' then format('the event is already "%s"', l.status)
                when l.engine is distinct from writer then format('the event is leased to %s', l.engine)
            end
        )::message_center.delivery_outcome
        from (
            select n.position::integer, r.*
            from json_array_elements(outcomes) with ordinality as n (outcome, position)
            cross join lateral json_to_record(n.outcome) as r (
                event_id bigint, status message_center.event_status, failure_type message_center.failure_type,
                failure_reason smallint, message text, quarantine boolean)
        ) as o
        left join message_center.delivery_log as l on l.event_id = o.event_id
        cross join message_center.instance as i
        order by o.event_id, o.position
    );
end
$$;

--
-- Name: load_cursor(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.load_cursor(name text) RETURNS message_center.queue_cursor
    LANGUAGE sql STABLE
    RETURN COALESCE((NULLIF(current_setting(('message_center.cursor_'::text || name), true), ''::text))::message_center.queue_cursor, ROW(NULL::pg_snapshot, NULL::pg_snapshot, '0'::xid8, (0)::bigint, '-infinity'::timestamp with time zone, (0)::bigint)::message_center.queue_cursor);

--
-- Name: log_deliveries(text, json); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.log_deliveries(engine text, outcomes json) RETURNS TABLE("position" integer, event_id bigint, reason text)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    judged message_center.delivery_outcome[];
begin
    perform message_center.notice_restore();

    -- In the order of the events, so that two engines never lock each other out.
    perform from message_center.delivery_log as l
    where l.event_id in (select (o ->> 'event_id')::bigint from json_array_elements(outcomes) as o)
    order by l.event_id
    for update;

    judged := message_center.judge_outcomes(engine, outcomes);

    update message_center.delivery_log as l set
        status = o.status,
        message_id = case when o.failure_type is not null
            then message_center.qualification(o.failure_type, o.failure_reason, coalesce(o.message, '')) end,
        tries = case when o.status = 'Pending delivery' and o.failure_type is null
            then greatest(l.tries - 1, 0) else l.tries end,
        retry_at = case when o.status = 'Pending delivery' then clock_timestamp()
            + case when o.failure_type is null then interval '5 seconds'
                else least(interval '10 seconds' * 2 ^ (l.tries - 1), interval '1 hour') end
        end,
        modified_at = clock_timestamp(),
        modified_xid = pg_current_xact_id()
    from unnest(judged) as o
    where l.event_id = o.event_id and o.refused is null;

    insert into message_center.quarantine (wished_channel, address, message_id)
    select distinct on (l.wished_channel, lower(l.address)) l.wished_channel, lower(l.address), l.message_id
    from unnest(judged) as o
    join message_center.delivery_log as l on l.event_id = o.event_id
    where o.refused is null and o.quarantine and l.status = 'Delivery failed'
    order by l.wished_channel, lower(l.address)
    on conflict (wished_channel, address) do nothing;

    perform message_center.wake_up('updateEventStatus');

    return query select o.position, o.event_id, o.refused from unnest(judged) as o
    where o.refused is not null order by o.position;
end
$$;

--
-- Name: merged_ctx(jsonb, jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.merged_ctx(ctx jsonb, addition jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    if addition is null then
        return ctx;
    elsif jsonb_typeof(addition) <> 'object' then
        raise exception 'the enrichment gave a JSON %, not an object', jsonb_typeof(addition);
    end if;
    return ctx || addition;
end
$$;

--
-- Name: notice_restore(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.notice_restore() RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    identity text;
begin
    if current_setting('message_center.is_itself', true) = 'true' then
        return;
    end if;
    identity := message_center.database_identity();
    perform from message_center.instance as i
    where i.instance_identifier is not null and i.database_identity is distinct from identity
    for update;
    if found then
        perform setval(s, nextval(s) + (1::bigint << 32)) from message_center.id_sequences() as s;
        update message_center.instance as i set database_identity = identity;
    end if;
    perform set_config('message_center.is_itself', 'true', false);
end
$$;

--
-- Name: parsed_events(json, jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.parsed_events(elements json, storable jsonb) RETURNS TABLE("position" integer, event jsonb, reason text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT (element."position")::integer AS "position",
     element.event,
     NULL::text
    FROM jsonb_array_elements(parsed_events.storable) WITH ORDINALITY element(event, "position")
 UNION ALL
  SELECT (element."position")::integer AS "position",
         CASE
             WHEN (refusal.message IS NULL) THEN ((element.event)::text)::jsonb
             ELSE NULL::jsonb
         END AS "case",
     ('not storable: '::text || refusal.message)
    FROM (json_array_elements(
         CASE
             WHEN (parsed_events.storable IS NULL) THEN parsed_events.elements
             ELSE NULL::json
         END) WITH ORDINALITY element(event, "position")
      CROSS JOIN LATERAL pg_input_error_info((element.event)::text, 'jsonb'::text) refusal(message, detail, hint, sql_error_code));
END;

--
-- Name: instance; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.instance (
    only_row boolean DEFAULT true NOT NULL,
    account text,
    instance_identifier smallint,
    registered_at timestamp with time zone,
    database_identity text,
    checkpoint uuid,
    previous_checkpoint uuid,
    max_tries smallint DEFAULT 5 NOT NULL,
    max_delivery_tries smallint DEFAULT 20 NOT NULL,
    max_ctx_bytes integer DEFAULT 1048576 NOT NULL,
    max_ctx_depth smallint DEFAULT 64 NOT NULL,
    CONSTRAINT instance_check CHECK (((account IS NULL) = (instance_identifier IS NULL))),
    CONSTRAINT instance_instance_identifier_check CHECK (((instance_identifier >= 1) AND (instance_identifier <= 127))),
    CONSTRAINT instance_max_delivery_tries_check CHECK ((max_delivery_tries > 0)),
    CONSTRAINT instance_max_tries_check CHECK ((max_tries > 0)),
    CONSTRAINT instance_only_row_check CHECK (only_row)
);

--
-- Name: postpone_event(message_center.event_queue, bigint, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.postpone_event(wanted_queue message_center.event_queue, event_id bigint, reason text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 UPDATE message_center.event e SET error_count = (e.error_count + 1), status =
         CASE
             WHEN ((e.error_count + 1) >= i.max_tries) THEN 'Expired'::message_center.event_status
             ELSE e.status
         END, status_reason =
         CASE
             WHEN ((e.error_count + 1) >= i.max_tries) THEN format('given up after %s tries: %s'::text, (e.error_count + 1), postpone_event.reason)
             ELSE postpone_event.reason
         END, process_requested_on = LEAST((clock_timestamp() + LEAST(('00:00:10'::interval * ((2)::double precision ^ (e.error_count)::double precision)), '01:00:00'::interval)), e.expiration)
    FROM message_center.instance i
   WHERE ((e.queue = postpone_event.wanted_queue) AND (e.id = postpone_event.event_id) AND (e.status = 'Pending'::message_center.event_status));
END;

--
-- Name: status_may_move(message_center.event_status, message_center.event_status); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.status_may_move(old_status message_center.event_status, new_status message_center.event_status) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN CASE old_status WHEN 'Pending'::message_center.event_status THEN (new_status = ANY (ARRAY['Pending delivery'::message_center.event_status, 'Event not taken into account'::message_center.event_status, 'Expired'::message_center.event_status])) WHEN 'Pending delivery'::message_center.event_status THEN (new_status = ANY (ARRAY['Sent'::message_center.event_status, 'Ignored by the delivery'::message_center.event_status, 'Delivery failed'::message_center.event_status, 'Expired'::message_center.event_status])) WHEN 'Sent'::message_center.event_status THEN (new_status = 'Delivery failed'::message_center.event_status) ELSE false END;

--
-- Name: purge_delivery_logs(pg_snapshot, interval, bigint, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.purge_delivery_logs(archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, OUT purged integer, OUT last_id bigint, OUT more boolean) RETURNS record
    LANGUAGE sql
    BEGIN ATOMIC
 WITH walked AS MATERIALIZED (
          SELECT l.id,
             l.modified_xid,
             (l.created_at < (clock_timestamp() - purge_delivery_logs.kept)) AS is_old,
             (l.status <> 'Pending delivery'::message_center.event_status) AS is_final
            FROM message_center.delivery_log l
           WHERE (l.id > purge_delivery_logs.after_id)
           ORDER BY l.id
          LIMIT purge_delivery_logs.max_rows
         ), gone AS (
          DELETE FROM message_center.delivery_log l
            USING walked w_1
           WHERE ((l.id = w_1.id) AND (l.modified_xid = w_1.modified_xid) AND w_1.is_old AND w_1.is_final AND pg_visible_in_snapshot(w_1.modified_xid, purge_delivery_logs.archived_snapshot) AND (NOT (EXISTS ( SELECT
                    FROM message_center.event e
                   WHERE ((e.id = l.event_id) AND (e.queue = l.queue) AND message_center.status_may_move(e.status, l.status))))))
           RETURNING 1 AS "?column?"
         )
  SELECT ( SELECT (count(*))::integer AS count
            FROM gone) AS count,
     max(w.id) AS max,
     COALESCE(bool_and(w.is_old), false) AS "coalesce"
    FROM walked w;
END;

--
-- Name: idempotency_key; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.idempotency_key (
    key text NOT NULL,
    event_id bigint NOT NULL,
    content bytea NOT NULL
);

--
-- Name: purge_events(pg_snapshot, interval, bigint, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.purge_events(archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, OUT purged integer, OUT last_id bigint, OUT more boolean) RETURNS record
    LANGUAGE sql
    BEGIN ATOMIC
 WITH walked AS MATERIALIZED (
          SELECT e.id,
             e.queue,
             e.modified_xid,
             (e.created_at < (clock_timestamp() - purge_events.kept)) AS is_old,
             (e.status <> ALL (ARRAY['Pending'::message_center.event_status, 'Pending delivery'::message_center.event_status])) AS is_final
            FROM message_center.event e
           WHERE (e.id > purge_events.after_id)
           ORDER BY e.id
          LIMIT purge_events.max_rows
         ), gone AS (
          DELETE FROM message_center.event e
            USING walked w_1
           WHERE ((e.queue = w_1.queue) AND (e.id = w_1.id) AND (e.modified_xid = w_1.modified_xid) AND w_1.is_old AND w_1.is_final AND pg_visible_in_snapshot(w_1.modified_xid, purge_events.archived_snapshot))
           RETURNING e.idempotency_key
         ), forgotten AS (
          DELETE FROM message_center.idempotency_key k
            USING gone
           WHERE (k.key = gone.idempotency_key)
         )
  SELECT ( SELECT (count(*))::integer AS count
            FROM gone) AS count,
     max(w.id) AS max,
     COALESCE(bool_and(w.is_old), false) AS "coalesce"
    FROM walked w;
END;

--
-- Name: tracking_log_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.tracking_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

--
-- Name: tracking_log; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.tracking_log (
    id bigint DEFAULT nextval('message_center.tracking_log_id_seq'::regclass) NOT NULL,
    event_id bigint NOT NULL,
    tracking_url_id bigint,
    kind text NOT NULL,
    logged_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT tracking_log_kind_check CHECK ((kind = ANY (ARRAY['open'::text, 'click'::text])))
);

--
-- Name: purge_tracking_logs(pg_snapshot, interval, bigint, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.purge_tracking_logs(archived_snapshot pg_snapshot, kept interval, after_id bigint, max_rows integer, OUT purged integer, OUT last_id bigint, OUT more boolean) RETURNS record
    LANGUAGE sql
    BEGIN ATOMIC
 WITH walked AS MATERIALIZED (
          SELECT t.id,
             t.modified_xid,
             (t.logged_at < (clock_timestamp() - purge_tracking_logs.kept)) AS is_old
            FROM message_center.tracking_log t
           WHERE (t.id > purge_tracking_logs.after_id)
           ORDER BY t.id
          LIMIT purge_tracking_logs.max_rows
         ), gone AS (
          DELETE FROM message_center.tracking_log t
            USING walked w_1
           WHERE ((t.id = w_1.id) AND (t.modified_xid = w_1.modified_xid) AND w_1.is_old AND pg_visible_in_snapshot(w_1.modified_xid, purge_tracking_logs.archived_snapshot))
           RETURNING 1 AS "?column?"
         )
  SELECT ( SELECT (count(*))::integer AS count
            FROM gone) AS count,
     max(w.id) AS max,
     COALESCE(bool_and(w.is_old), false) AS "coalesce"
    FROM walked w;
END;

--
-- Name: push_events(message_center.event_queue, json); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.push_events(queue message_center.event_queue, events json) RETURNS TABLE("position" integer, id bigint, reason text)
    LANGUAGE plpgsql
    SET "TimeZone" TO 'UTC'
    AS $$
#variable_conflict use_column
declare
    wanted_queue alias for queue;
    this message_center.instance;
    pushed message_center.pushed_event[];
begin
    select * into this from message_center.instance;
    if this.instance_identifier is null then
        raise exception 'this database is not registered as an execution instance yet'
            using hint = 'Create its connection in Airflow (Admin > Connections); its archiving workflow registers it.';
    end if;

    perform message_center.notice_restore();

    pushed := message_center.judge_events(
        case json_typeof(events) when 'array' then events else json_build_array(events) end,
        this.max_ctx_bytes, this.max_ctx_depth);
    if exists (
        select from unnest(pushed) as p where p.reason is null and p.event ->> 'idempotency_key' is not null
    ) then
        pushed := message_center.settle_idempotency_keys(wanted_queue, pushed);
    end if;

    insert into message_center.event (
        id, queue, type, wished_channel, email, mobile_phone, registration_token, external_id, origin, language,
        country, email_format, ctx, scheduled, expiration, idempotency_key, replay_of, process_requested_on
    )
    select
        p.id, wanted_queue, p.event ->> 'type', coalesce((p.event ->> 'wished_channel')::smallint, 0),
        p.event ->> 'email', p.event ->> 'mobile_phone', p.event ->> 'registration_token',
        p.event ->> 'external_id', p.event ->> 'origin', p.event ->> 'language', p.event ->> 'country',
        coalesce((p.event ->> 'email_format')::smallint, 0), p.event -> 'ctx',
        (p.event ->> 'scheduled')::timestamptz, (p.event ->> 'expiration')::timestamptz,
        p.event ->> 'idempotency_key', (p.event ->> 'replay_of')::bigint,
        -- A scheduled event is looked at when its time comes, or when it expires before that.
        case when (p.event ->> 'scheduled')::timestamptz > clock_timestamp()
            then least((p.event ->> 'scheduled')::timestamptz, (p.event ->> 'expiration')::timestamptz) end
    from unnest(pushed) as p
    where p.reason is null and not p.is_known;

    perform message_center.wake_up(
        case wanted_queue when 'rt' then 'rtEventsProcessing' else 'batchEventsProcessing' end);

    return query select p.position, p.id, p.reason from unnest(pushed) as p;
end
$$;

--
-- Name: qualification(message_center.failure_type, smallint, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.qualification(failure_type message_center.failure_type, failure_reason smallint, message text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    wanted_type alias for failure_type;
    wanted_reason alias for failure_reason;
    wanted_message alias for message;
    found_id bigint;
begin
    loop
        select m.id into found_id
        from message_center.delivery_log_message as m
        where m.failure_type = wanted_type and m.failure_reason = wanted_reason and m.message = wanted_message;
        if found then
            return found_id;
        end if;
        insert into message_center.delivery_log_message (failure_type, failure_reason, message)
        values (wanted_type, wanted_reason, wanted_message)
        on conflict do nothing;
    end loop;
end
$$;

--
-- Name: qualification(message_center.failure_type, integer, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.qualification(failure_type message_center.failure_type, failure_reason integer, message text) RETURNS bigint
    LANGUAGE sql
    RETURN message_center.qualification(failure_type, (failure_reason)::smallint, message);

--
-- Name: queue_ms(timestamp with time zone, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.queue_ms(processed_at timestamp with time zone, process_requested_on timestamp with time zone, created_at timestamp with time zone) RETURNS double precision
    LANGUAGE sql STABLE
    RETURN ((1000)::double precision * date_part('epoch'::text, (processed_at - COALESCE(process_requested_on, created_at))));

--
-- Name: queue_time_bucket(double precision); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.queue_time_bucket(queue_ms double precision) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN (floor(((20)::double precision * log((GREATEST(queue_ms, (0.001)::double precision) * (1000)::double precision)))))::integer;

--
-- Name: ranges_left(message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.ranges_left(cursor message_center.queue_cursor) RETURNS TABLE(start_xid xid8, start_id bigint, high xid8)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT GREATEST(range.low, (ranges_left.cursor).after_xid) AS "greatest",
         CASE
             WHEN ((ranges_left.cursor).after_xid >= range.low) THEN (ranges_left.cursor).after_id
             ELSE (0)::bigint
         END AS "case",
     range.high
    FROM ( SELECT xip.xip AS low,
             xip.xip AS high
            FROM pg_snapshot_xip((ranges_left.cursor).seen) xip(xip)
         UNION ALL
          SELECT COALESCE(pg_snapshot_xmax((ranges_left.cursor).seen), '0'::xid8) AS "coalesce",
             '18446744073709551615'::xid8) range(low, high)
   WHERE (range.high >= (ranges_left.cursor).after_xid)
   ORDER BY range.low;
END;

--
-- Name: rebase_after_restore(jsonb); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.rebase_after_restore(max_ids jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    archived record;
begin
    for archived in
        select format('message_center.%I', key || '_id_seq')::regclass as sequence, value::bigint as max_id
        from jsonb_each_text(max_ids)
        where value is not null
    loop
        perform setval(archived.sequence,
            greatest(archived.max_id, pg_sequence_last_value(archived.sequence)));
    end loop;
    update message_center.workflow_heartbeat set watermark = null where watermark is not null;
    -- A transaction number from the future would be "changed" for ever.
    update message_center.event set status = status where modified_xid > pg_current_xact_id();
    update message_center.delivery_log set status = status where modified_xid > pg_current_xact_id();
    update message_center.delivery_log_message set message = message where modified_xid > pg_current_xact_id();
    update message_center.tracking_url set url = url where modified_xid > pg_current_xact_id();
    update message_center.tracking_log set kind = kind where modified_xid > pg_current_xact_id();
    update message_center.quarantine set address = address where modified_xid > pg_current_xact_id();
end
$$;

--
-- Name: reclaim_deliveries(smallint, text, interval, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.reclaim_deliveries(channel smallint, engine text, lease interval, max_events integer, OUT claims bigint[], OUT settled integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    with due as (
        select l.id, l.event_id, l.queue, l.tries, l.address
        from message_center.delivery_log as l
        where l.wished_channel = channel
            and l.status = 'Pending delivery'
            and l.retry_at <= clock_timestamp()
        order by l.retry_at, l.id
        limit max_events
        for update skip locked
    ),
    retaken as (
        update message_center.delivery_log as l set
            status = decision.status,
            engine = reclaim_deliveries.engine,
            tries = l.tries + (decision.status = 'Pending delivery')::integer,
            retry_at = case decision.status when 'Pending delivery' then clock_timestamp() + lease end,
            message_id = coalesce(
                message_center.settled_message(decision.status, stopped.name, stopped.stopped_reason), l.message_id)
        from due
        join message_center.event as e on e.id = due.event_id and e.queue = due.queue
        left join message_center.event_type as stopped on stopped.name = e.type and stopped.stopped_at is not null
        left join message_center.quarantine as q on q.wished_channel = channel and q.address = lower(due.address)
        cross join message_center.instance as i
        cross join lateral (
            select message_center.claim_decision(
                stopped.stopped_reason, e.expiration, q.id, due.tries, i.max_delivery_tries)
            -- offset 0: decide once, not once for each column.
            offset 0
        ) as decision (status)
        where l.id = due.id
        returning l.event_id, l.status
    )
    select array_agg(r.event_id) filter (where r.status = 'Pending delivery'),
        count(*) filter (where r.status <> 'Pending delivery')
    into claims, settled
    from retaken as r;
end
$$;

--
-- Name: workflow_heartbeat; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.workflow_heartbeat (
    workflow text NOT NULL,
    last_start timestamp with time zone,
    last_success timestamp with time zone,
    window_end timestamp with time zone,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_error text,
    last_error_at timestamp with time zone,
    watermark pg_snapshot
);

--
-- Name: record_heartbeat(text, text, timestamp with time zone, jsonb, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.record_heartbeat(workflow text, phase text, window_end timestamp with time zone, counts jsonb DEFAULT '{}'::jsonb, error text DEFAULT NULL::text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO message_center.workflow_heartbeat AS h (workflow, last_start, last_success, window_end, counts, last_error, last_error_at)
   VALUES (record_heartbeat.workflow,
         CASE record_heartbeat.phase
             WHEN 'start'::text THEN clock_timestamp()
             ELSE NULL::timestamp with time zone
         END,
         CASE record_heartbeat.phase
             WHEN 'success'::text THEN clock_timestamp()
             ELSE NULL::timestamp with time zone
         END, record_heartbeat.window_end, record_heartbeat.counts, record_heartbeat.error,
         CASE
             WHEN (record_heartbeat.error IS NOT NULL) THEN clock_timestamp()
             ELSE NULL::timestamp with time zone
         END) ON CONFLICT(workflow) DO UPDATE SET last_start = COALESCE(excluded.last_start, h.last_start), last_success = COALESCE(excluded.last_success, h.last_success), window_end = GREATEST(excluded.window_end, h.window_end), heartbeat_at = clock_timestamp(), counts =
         CASE record_heartbeat.phase
             WHEN 'start'::text THEN h.counts
             ELSE excluded.counts
         END, last_error = COALESCE(excluded.last_error, h.last_error), last_error_at = COALESCE(excluded.last_error_at, h.last_error_at);
END;

--
-- Name: refusal_reason(jsonb, text, integer, smallint, jsonpath); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.refusal_reason(event jsonb, field_reason text, max_ctx_bytes integer, max_ctx_depth smallint, too_deep jsonpath) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (jsonb_typeof(event) <> 'object'::text) THEN ('an event is a JSON object, not '::text || jsonb_typeof(event)) WHEN (field_reason IS NOT NULL) THEN field_reason WHEN (COALESCE((event ->> 'type'::text), ''::text) = ''::text) THEN 'type is missing'::text WHEN (length((event ->> 'type'::text)) > 255) THEN 'type is longer than 255 characters'::text WHEN (message_center.address_field((event ->> 'wished_channel'::text)) IS NULL) THEN format('wished_channel %s is none of 0 (e-mail), 1 (mobile), 41 (iOS), 42 (Android)'::text, (event ->> 'wished_channel'::text)) WHEN (COALESCE((event ->> message_center.address_field((event ->> 'wished_channel'::text))), ''::text) = ''::text) THEN format('%s is missing, the address of wished_channel %s'::text, message_center.address_field((event ->> 'wished_channel'::text)), COALESCE((event ->> 'wished_channel'::text), '0'::text)) WHEN ((COALESCE((event ->> 'wished_channel'::text), '0'::text) = '0'::text) AND (NOT message_center.email_is_well_formed((event ->> 'email'::text)))) THEN 'email is badly formed'::text WHEN (length((event ->> message_center.address_field((event ->> 'wished_channel'::text)))) > 1000) THEN (message_center.address_field((event ->> 'wished_channel'::text)) || ' is longer than 1000 characters'::text) WHEN ((event ->> 'email_format'::text) <> ALL (ARRAY['0'::text, '1'::text, '2'::text])) THEN 'email_format is none of 0 (unknown), 1 (text), 2 (HTML)'::text WHEN (length((event ->> 'idempotency_key'::text)) > 255) THEN 'idempotency_key is longer than 255 characters'::text WHEN (NOT pg_input_is_valid((event ->> 'replay_of'::text), 'bigint'::text)) THEN 'replay_of is not the id of an event'::text WHEN (NOT message_center.is_timestamp((event ->> 'scheduled'::text))) THEN 'scheduled is not an ISO 8601 date and time'::text WHEN (NOT message_center.is_timestamp((event ->> 'expiration'::text))) THEN 'expiration is not an ISO 8601 date and time'::text WHEN (jsonb_typeof((event -> 'ctx'::text)) IS DISTINCT FROM 'object'::text) THEN 'ctx is missing'::text WHEN (octet_length(((event -> 'ctx'::text))::text) > max_ctx_bytes) THEN format('ctx is larger than %s bytes'::text, max_ctx_bytes) WHEN jsonb_path_exists((event -> 'ctx'::text), too_deep) THEN format('ctx is nested deeper than %s levels'::text, max_ctx_depth) ELSE NULL::text END;

--
-- Name: refuse_delivery_log_move(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.refuse_delivery_log_move() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'delivery log of event %: its status cannot move from "%" to "%"',
        old.event_id, old.status, new.status using errcode = 'check_violation';
end
$$;

--
-- Name: refuse_status_move(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.refuse_status_move() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'event %: its status cannot move from "%" to "%"', old.id, old.status, new.status
        using errcode = 'check_violation',
            hint = 'A status only moves forward. To send again, push a new event with replay_of.';
end
$$;

--
-- Name: register_instance(text, smallint); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.register_instance(account text, instance_identifier smallint) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    wanted_account alias for account;
    wanted_identifier alias for instance_identifier;
    this message_center.instance;
    sequence regclass;
begin
    select * into this from message_center.instance for update;
    if this.account = wanted_account and this.instance_identifier = wanted_identifier then
        return;
    end if;
    if this.account is not null then
        raise exception 'this database is registered by account "%" with instance identifier %',
            this.account, this.instance_identifier using errcode = 'object_in_use';
    end if;
    -- A template's id need not name the instance.
    for sequence in
        select s from message_center.id_sequences() as s where s <> 'message_center.message_template_id_seq'::regclass
    loop
        execute format('alter sequence %s minvalue %s maxvalue %s start %2$s restart',
            sequence,
            (wanted_identifier::bigint << 56) + 1,
            (wanted_identifier::bigint << 56) + ((1::bigint << 56) - 1));
    end loop;
    update message_center.instance as i set
        account = wanted_account,
        instance_identifier = wanted_identifier,
        registered_at = clock_timestamp(),
        database_identity = message_center.database_identity();
end
$_$;

--
-- Name: wake_up(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.wake_up(workflow text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    if not pg_try_advisory_xact_lock_shared(hashtext('message_center'), hashtext(workflow)) then
        perform pg_notify('message_center.' || workflow, '');
    end if;
end
$$;

--
-- Name: enrichment_request; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.enrichment_request (
    event_id bigint NOT NULL,
    queue message_center.event_queue NOT NULL,
    event_type text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    claimed_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL
);

--
-- Name: request_enrichment(message_center.event_queue, text, bigint[]); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.request_enrichment(wanted_queue message_center.event_queue, event_type text, ids bigint[]) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO message_center.enrichment_request (event_id, queue, event_type)  SELECT claimed.id,
             request_enrichment.wanted_queue AS wanted_queue,
             request_enrichment.event_type AS event_type
            FROM unnest(request_enrichment.ids) claimed(id) ON CONFLICT(event_id) DO NOTHING;
 UPDATE message_center.event e SET process_requested_on = LEAST((clock_timestamp() + '00:10:00'::interval), e.expiration), status_reason = 'waits for its enrichment, in eventEnrichment'::text
    FROM unnest(request_enrichment.ids) claimed(id)
   WHERE ((e.queue = request_enrichment.wanted_queue) AND (e.id = claimed.id));
 SELECT message_center.wake_up(('eventEnrichment.'::text || event_type)) AS wake_up;
END;

--
-- Name: resume_event_type(text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.resume_event_type(event_type text) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 UPDATE message_center.event_type y SET stopped_at = NULL::timestamp with time zone, stopped_reason = NULL::text
   WHERE (y.name = resume_event_type.event_type);
END;

--
-- Name: route_claimed(message_center.event_queue, bigint[], jsonb, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_claimed(wanted_queue message_center.event_queue, ids bigint[], routes jsonb, now_at timestamp with time zone) RETURNS message_center.routing_step
    LANGUAGE plpgsql
    AS $$
declare
    half integer := cardinality(ids) / 2;
begin
    if routes ? 'enriched' then
        perform message_center.enrich_claimed(wanted_queue, ids, routes -> 'enriched', now_at);
    end if;
    return message_center.route_set(wanted_queue, ids, routes, now_at);
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        if half = 0 then
            perform message_center.postpone_event(wanted_queue, ids[1], sqlerrm);
            return row(1, 0, 0, 0, 1, null, null, null, null)::message_center.routing_step;
        end if;
        return message_center.add_steps(
            message_center.route_claimed(wanted_queue, ids[:half], routes, now_at),
            message_center.route_claimed(wanted_queue, ids[half + 1:], routes, now_at)
        );
end
$$;

--
-- Name: route_come_due(message_center.event_queue, integer, jsonb, timestamp with time zone, message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_come_due(wanted_queue message_center.event_queue, max_events integer, routes jsonb, now_at timestamp with time zone, INOUT cursor message_center.queue_cursor, OUT step message_center.routing_step) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    claim message_center.queue_claim := message_center.claim_come_due(
        wanted_queue, cursor.due_at, cursor.due_id, now_at, least(max_events, 1000));
begin
    if claim.ids is not null then
        step := message_center.route_claimed(wanted_queue, claim.ids, routes, now_at);
    end if;
    -- Another session may have postponed events and not committed yet: stay two seconds behind.
    if claim.last_due <= now_at - interval '2 seconds' then
        cursor.due_at := claim.last_due;
        cursor.due_id := claim.last_id;
    else
        cursor.due_at := now_at - interval '2 seconds';
        cursor.due_id := 0;
    end if;
end
$$;

--
-- Name: route_events(message_center.event_queue, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_events(wanted_queue message_center.event_queue, max_events integer) RETURNS TABLE(routed integer, not_taken_into_account integer, expired integer, postponed integer, queue_times jsonb, slowest_ms double precision, more boolean)
    LANGUAGE plpgsql
    AS $$
declare
    cursor_name constant text := wanted_queue;
    cursor message_center.queue_cursor := message_center.load_cursor(cursor_name);
    now_at constant timestamptz := clock_timestamp();
    routes constant jsonb := message_center.routes_of(wanted_queue);
    come_due record := message_center.route_come_due(wanted_queue, max_events, routes, now_at, cursor);
    fresh message_center.routing_step;
    total message_center.routing_step;
    range record;
begin
    cursor := message_center.begin_pass(come_due.cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        fresh := message_center.route_fresh(
            wanted_queue, range.start_xid, range.start_id, range.high, max_events, routes, now_at);
        exit when fresh.claimed > 0;
    end loop;
    if fresh.claimed > 0 then
        cursor.after_xid := fresh.last_xid;
        cursor.after_id := fresh.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor(cursor_name, cursor);

    total := message_center.add_steps(come_due.step, fresh);
    routed := total.routed;
    not_taken_into_account := total.not_taken_into_account;
    expired := total.expired;
    postponed := total.postponed;
    queue_times := total.queue_times;
    slowest_ms := total.slowest_ms;
    more := total.claimed > 0;
    if routed > 0 then
        perform message_center.wake_up('deliveryExecution');
    end if;
    return next;
end
$$;

--
-- Name: route_fresh(message_center.event_queue, xid8, bigint, xid8, integer, jsonb, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_fresh(wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, high xid8, max_events integer, routes jsonb, now_at timestamp with time zone) RETURNS message_center.routing_step
    LANGUAGE plpgsql
    AS $$
declare
    batch message_center.queue_batch := message_center.batch_end(wanted_queue, start_xid, start_id, high, max_events);
    claim message_center.queue_claim;
    step message_center.routing_step;
begin
    if batch.last_xid is null then
        return null;
    end if;
    step := message_center.route_range(
        wanted_queue, start_xid, start_id, batch.last_xid, batch.last_id, routes, now_at);
    -- Another session may have taken some of a full batch; the next batch begins after it all the same.
    step.claimed := coalesce(batch.claimed, step.claimed);
    return step;
exception
    when insufficient_resources or operator_intervention then
        raise;
    when others then
        -- A row is locked, or one bad event would hold up the others.
        claim := message_center.claim_pending(wanted_queue, start_xid, start_id, high, max_events);
        if claim.ids is null then
            return null;
        end if;
        step := message_center.route_claimed(wanted_queue, claim.ids, routes, now_at);
        step.last_xid := claim.last_xid;
        step.last_id := claim.last_id;
        return step;
end
$$;

--
-- Name: with_care(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.with_care() RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (0)::bigint;

--
-- Name: routed_status(timestamp with time zone, timestamp with time zone, bigint); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.routed_status(expiration timestamp with time zone, now_at timestamp with time zone, template_id bigint) RETURNS message_center.event_status
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (expiration <= now_at) THEN 'Expired'::message_center.event_status WHEN (template_id IS NULL) THEN 'Event not taken into account'::message_center.event_status WHEN (template_id = message_center.with_care()) THEN 'Pending'::message_center.event_status ELSE 'Pending delivery'::message_center.event_status END;

--
-- Name: routing_reason(jsonb, timestamp with time zone, timestamp with time zone, bigint, text, smallint, message_center.event_queue); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.routing_reason(routes jsonb, expiration timestamp with time zone, now_at timestamp with time zone, template_id bigint, event_type text, wished_channel smallint, wanted_queue message_center.event_queue) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (expiration <= now_at) THEN format('expired on %s, before it was processed'::text, expiration) WHEN (template_id IS NOT NULL) THEN NULL::text WHEN (NOT (routes ? ('type:'::text || event_type))) THEN format('unknown event type "%s"'::text, event_type) WHEN ((routes ->> ('type:'::text || event_type)) <> ''::text) THEN message_center.reason_of_stop(event_type, (routes ->> ('type:'::text || event_type))) ELSE format('no published message template for event type "%s", channel %s, in the %s queue'::text, event_type, wished_channel, wanted_queue) END;

--
-- Name: template_key(text, smallint, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.template_key(event_type text, wished_channel smallint, language text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN (((wished_channel)::text || ((':'::text || language) || ':'::text)) || event_type);

--
-- Name: template_for(jsonb, text, smallint, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.template_for(routes jsonb, event_type text, wished_channel smallint, language text) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (COALESCE(CASE WHEN (routes ? 'languages'::text) THEN (routes ->> message_center.template_key(event_type, wished_channel, language)) ELSE NULL::text END, (routes ->> message_center.template_key(event_type, wished_channel, ''::text))))::bigint;

--
-- Name: route_range(message_center.event_queue, xid8, bigint, xid8, bigint, jsonb, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_range(wanted_queue message_center.event_queue, start_xid xid8, start_id bigint, last_xid xid8, last_id bigint, routes jsonb, now_at timestamp with time zone) RETURNS message_center.routing_step
    LANGUAGE sql
    SET lock_timeout TO '50ms'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    BEGIN ATOMIC
 WITH routed AS (
          UPDATE message_center.event e SET (template_id, status, status_reason, process_requested_on) = ( SELECT NULLIF(t.id, message_center.with_care()) AS "nullif",
                     message_center.routed_status(e.expiration, route_range.now_at, t.id) AS routed_status,
                     message_center.routing_reason(route_range.routes, e.expiration, route_range.now_at, t.id, e.type, e.wished_channel, route_range.wanted_queue) AS routing_reason,
                         CASE t.id
                             WHEN message_center.with_care() THEN clock_timestamp()
                             ELSE NULL::timestamp with time zone
                         END AS "case"
                    FROM ( SELECT message_center.template_for(route_range.routes, e.type, e.wished_channel, e.language) AS id
                          OFFSET 0) t), processed_at = clock_timestamp(), modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
           WHERE ((e.queue = route_range.wanted_queue) AND (e.status = 'Pending'::message_center.event_status) AND (e.process_requested_on IS NULL) AND (ROW(e.modified_xid, e.id) > ROW(route_range.start_xid, route_range.start_id)) AND (ROW(e.modified_xid, e.id) <= ROW(route_range.last_xid, route_range.last_id)))
           RETURNING e.status,
             message_center.queue_ms(e.processed_at, NULL::timestamp with time zone, e.created_at) AS queue_ms
         )
  SELECT sum(b.events) AS sum,
     sum(b.events) FILTER (WHERE (b.status = 'Pending delivery'::message_center.event_status)) AS sum,
     sum(b.events) FILTER (WHERE (b.status = 'Event not taken into account'::message_center.event_status)) AS sum,
     sum(b.events) FILTER (WHERE (b.status = 'Expired'::message_center.event_status)) AS sum,
     0,
     jsonb_object_agg(b.bucket, b.events) FILTER (WHERE (b.status = 'Pending delivery'::message_center.event_status)) AS jsonb_object_agg,
     max(b.slowest_ms) AS max,
     route_range.last_xid AS last_xid,
     route_range.last_id AS last_id
    FROM ( SELECT r.status,
             message_center.queue_time_bucket(r.queue_ms) AS bucket,
             (count(*))::integer AS events,
             max(r.queue_ms) AS slowest_ms
            FROM routed r
           GROUP BY r.status, (message_center.queue_time_bucket(r.queue_ms))) b;
END;

--
-- Name: message_template; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.message_template (
    id bigint NOT NULL,
    internal_name text NOT NULL,
    version integer NOT NULL,
    event_type text NOT NULL,
    wished_channel smallint DEFAULT 0 NOT NULL,
    queue message_center.event_queue NOT NULL,
    language text DEFAULT ''::text NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    condition jsonpath,
    sender text,
    reply_to text,
    subject text,
    html_body text,
    text_body text NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    unpublished_at timestamp with time zone,
    CONSTRAINT message_template_wished_channel_check CHECK ((wished_channel = ANY (ARRAY[0, 1, 41, 42])))
);

--
-- Name: COLUMN message_template.version; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.message_template.version IS 'The number of the publication that brought it. Rows are never deleted or rewritten: an event keeps its version.';

--
-- Name: COLUMN message_template.language; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.message_template.language IS 'Empty: for every language without a template of its own.';

--
-- Name: COLUMN message_template.condition; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.message_template.condition IS 'A jsonpath predicate on the event as JSON, its columns as fields. Empty: always.';

--
-- Name: template_on_condition(message_center.event); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.template_on_condition(event message_center.event) RETURNS bigint
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT t.id
    FROM message_center.message_template t
   WHERE ((t.queue = (template_on_condition.event).queue) AND (t.event_type = (template_on_condition.event).type) AND (t.wished_channel = (template_on_condition.event).wished_channel) AND (t.unpublished_at IS NULL) AND (t.language = ANY (ARRAY[''::text, (template_on_condition.event).language])) AND ((t.condition IS NULL) OR jsonb_path_match(to_jsonb(template_on_condition.event), t.condition)))
   ORDER BY t.priority DESC, t.published_at DESC, t.internal_name, t.language DESC
  LIMIT 1;
END;

--
-- Name: route_set(message_center.event_queue, bigint[], jsonb, timestamp with time zone); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.route_set(wanted_queue message_center.event_queue, ids bigint[], routes jsonb, now_at timestamp with time zone) RETURNS message_center.routing_step
    LANGUAGE sql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    BEGIN ATOMIC
 WITH routed AS (
          UPDATE message_center.event e SET (template_id, status, status_reason) = ( SELECT t.id,
                     message_center.routed_status(e.expiration, route_set.now_at, t.id) AS routed_status,
                     message_center.routing_reason(route_set.routes, e.expiration, route_set.now_at, t.id, e.type, e.wished_channel, route_set.wanted_queue) AS routing_reason
                    FROM ( SELECT
                                 CASE plain.id
                                     WHEN message_center.with_care() THEN message_center.template_on_condition(e.*)
                                     ELSE plain.id
                                 END AS id
                            FROM ( SELECT message_center.template_for(route_set.routes, e.type, e.wished_channel, e.language) AS id
                                  OFFSET 0) plain
                          OFFSET 0) t), processed_at = clock_timestamp(), modified_at = clock_timestamp(), modified_xid = pg_current_xact_id()
            FROM unnest(route_set.ids) claimed(id)
           WHERE ((e.queue = route_set.wanted_queue) AND (e.id = claimed.id) AND (e.status = 'Pending'::message_center.event_status) AND ((e.process_requested_on IS NULL) OR (e.process_requested_on <= route_set.now_at)))
           RETURNING e.status,
             message_center.queue_ms(e.processed_at,
                 CASE
                     WHEN ((e.error_count > 0) OR (e.scheduled IS NOT NULL)) THEN e.process_requested_on
                     ELSE NULL::timestamp with time zone
                 END, e.created_at) AS queue_ms
         )
  SELECT cardinality(route_set.ids) AS cardinality,
     sum(b.events) FILTER (WHERE (b.status = 'Pending delivery'::message_center.event_status)) AS sum,
     sum(b.events) FILTER (WHERE (b.status = 'Event not taken into account'::message_center.event_status)) AS sum,
     sum(b.events) FILTER (WHERE (b.status = 'Expired'::message_center.event_status)) AS sum,
     (cardinality(route_set.ids) - COALESCE(sum(b.events), (0)::bigint)),
     jsonb_object_agg(b.bucket, b.events) FILTER (WHERE (b.status = 'Pending delivery'::message_center.event_status)) AS jsonb_object_agg,
     max(b.slowest_ms) AS max,
     NULL::xid8 AS xid8,
     NULL::bigint AS int8
    FROM ( SELECT r.status,
             message_center.queue_time_bucket(r.queue_ms) AS bucket,
             (count(*))::integer AS events,
             max(r.queue_ms) AS slowest_ms
            FROM routed r
           GROUP BY r.status, (message_center.queue_time_bucket(r.queue_ms))) b;
END;

--
-- Name: routes_of(message_center.event_queue); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.routes_of(wanted_queue message_center.event_queue) RETURNS jsonb
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 WITH published AS (
          SELECT t.id,
             t.event_type,
             t.wished_channel,
             t.language,
             ((t.condition IS NULL) AND (y.enrichment IS NULL)) AS is_plain,
             dense_rank() OVER (PARTITION BY t.event_type, t.wished_channel ORDER BY t.priority DESC, t.published_at DESC, t.internal_name, t.version DESC) AS rank
            FROM (message_center.message_template t
              LEFT JOIN message_center.event_type y ON ((y.name = t.event_type)))
           WHERE ((t.queue = routes_of.wanted_queue) AND (t.unpublished_at IS NULL) AND (y.stopped_at IS NULL))
         ), route(key, value) AS (
          SELECT message_center.template_key(p.event_type, p.wished_channel, p.language) AS template_key,
             to_jsonb(p.id) AS to_jsonb
            FROM published p
           WHERE ((p.rank = 1) AND p.is_plain)
         UNION ALL
          SELECT DISTINCT message_center.template_key(p.event_type, p.wished_channel, ''::text) AS template_key,
             to_jsonb(message_center.with_care()) AS to_jsonb
            FROM published p
           WHERE ((p.rank = 1) AND (NOT p.is_plain))
         UNION ALL
          SELECT DISTINCT 'languages'::text,
             'true'::jsonb AS jsonb
            FROM published p
           WHERE (p.language <> ''::text)
         UNION ALL
          SELECT ('type:'::text || y.name),
             to_jsonb(COALESCE(y.stopped_reason, ''::text)) AS to_jsonb
            FROM message_center.event_type y
         UNION ALL
          SELECT 'enriched'::text,
             jsonb_object_agg(y.name, y.enrichment) AS jsonb_object_agg
            FROM message_center.event_type y
           WHERE (y.enrichment IS NOT NULL)
          HAVING (count(*) > 0)
         )
  SELECT COALESCE(jsonb_object_agg(r.key, r.value), '{}'::jsonb) AS "coalesce"
    FROM route r;
END;

--
-- Name: save_cursor(text, message_center.queue_cursor); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.save_cursor(name text, cursor message_center.queue_cursor) RETURNS void
    LANGUAGE sql
    RETURN set_config(('message_center.cursor_'::text || name), (cursor)::text, false);

--
-- Name: save_status_watermark(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.save_status_watermark() RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
 UPDATE message_center.workflow_heartbeat SET watermark = (message_center.load_cursor('status'::text)).seen
   WHERE ((workflow_heartbeat.workflow = 'updateEventStatus'::text) AND ((message_center.load_cursor('status'::text)).seen IS NOT NULL));
END;

--
-- Name: settle_idempotency_keys(message_center.event_queue, message_center.pushed_event[]); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.settle_idempotency_keys(wanted_queue message_center.event_queue, pushed message_center.pushed_event[]) RETURNS message_center.pushed_event[]
    LANGUAGE plpgsql
    AS $$
declare
    settled message_center.pushed_event[];
begin
    loop
        -- In the order of the keys, so that two callers with the same keys never lock each other out.
        insert into message_center.idempotency_key (key, event_id, content)
        select distinct on (p.event ->> 'idempotency_key')
            p.event ->> 'idempotency_key', p.id, sha256(convert_to(wanted_queue::text || p.event::text, 'UTF8'))
        from unnest(pushed) as p
        where p.reason is null and p.event ->> 'idempotency_key' is not null
        order by p.event ->> 'idempotency_key', p.position
        on conflict (key) do nothing;

        settled := array(
            select row(
                p.position, p.event,
                case when same.content then coalesce(k.event_id, p.id) end,
                case when same.content then p.reason
                    else format('idempotency_key "%s" was used for another event', k.key) end,
                -- Only the push that made the key's row inserts the event, and only once.
                case when p.reason is null and p.event ->> 'idempotency_key' is not null
                    then k.event_id <> p.id else false end
            )::message_center.pushed_event
            from unnest(pushed) as p
            left join message_center.idempotency_key as k
                on p.reason is null and k.key = p.event ->> 'idempotency_key'
            cross join lateral (
                select k.content is null or k.content = sha256(convert_to(wanted_queue::text || p.event::text, 'UTF8'))
            ) as same (content)
            order by p.position
        );
        -- A key that was there, and whose event was purged before it was looked at, is free: take it.
        exit when not exists (select from unnest(settled) as s where s.is_known is null);
    end loop;
    return settled;
end
$$;

--
-- Name: settled_message(message_center.event_status, text, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.settled_message(status message_center.event_status, stopped_type text, stopped_reason text) RETURNS bigint
    LANGUAGE sql
    RETURN CASE status WHEN 'Ignored by the delivery'::message_center.event_status THEN message_center.qualification('ignored'::message_center.failure_type, 0, COALESCE(message_center.reason_of_stop(stopped_type, stopped_reason), 'address in quarantine'::text)) WHEN 'Delivery failed'::message_center.event_status THEN message_center.qualification('soft'::message_center.failure_type, 3, 'given up after the maximum number of tries'::text) ELSE NULL::bigint END;

--
-- Name: stamp_modification(); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.stamp_modification() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.modified_xid := pg_current_xact_id();
    new.modified_at := clock_timestamp();
    return new;
end
$$;

--
-- Name: stop_event_type(text, text); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.stop_event_type(event_type text, reason text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    wanted alias for event_type;
begin
    -- Whoever knows the type or not: stopping must not have to wait for a publication.
    insert into message_center.event_type as y (name, stopped_at, stopped_reason)
    values (wanted, clock_timestamp(), reason)
    on conflict (name) do update set
        stopped_at = coalesce(y.stopped_at, excluded.stopped_at),
        stopped_reason = excluded.stopped_reason;
end
$$;

--
-- Name: update_event_statuses(integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.update_event_statuses(max_rows integer) RETURNS TABLE(sent integer, ignored integer, failed integer, expired integer, more boolean)
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET enable_material TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    SET jit TO 'off'
    AS $$
declare
    cursor message_center.queue_cursor := message_center.load_cursor('status');
    range record;
    step record;
    claimed integer := 0;
begin
    sent := 0; ignored := 0; failed := 0; expired := 0; more := false;
    -- One session at a time: two windows that overlap would only wait for each other.
    if not pg_try_advisory_xact_lock(hashtext('message_center'), hashtext('update_event_statuses')) then
        return next;
        return;
    end if;
    if cursor.passing is null and cursor.seen is null then
        select h.watermark into cursor.seen
        from message_center.workflow_heartbeat as h
        where h.workflow = 'updateEventStatus';
    end if;

    cursor := message_center.begin_pass(cursor);
    for range in select r.start_xid, r.start_id, r.high from message_center.ranges_left(cursor) as r loop
        step := message_center.update_statuses_of_range(range.start_xid, range.start_id, range.high, max_rows);
        claimed := step.claimed;
        sent := step.sent; ignored := step.ignored; failed := step.failed; expired := step.expired;
        exit when claimed > 0;
    end loop;
    if claimed > 0 then
        more := true;
        cursor.after_xid := step.last_xid;
        cursor.after_id := step.last_id;
    else
        cursor := message_center.end_pass(cursor);
    end if;
    perform message_center.save_cursor('status', cursor);
    return next;
end
$$;

--
-- Name: update_statuses_of_range(xid8, bigint, xid8, integer); Type: FUNCTION; Schema: message_center; Owner: -
--

CREATE FUNCTION message_center.update_statuses_of_range(start_xid xid8, start_id bigint, high xid8, max_rows integer, OUT claimed integer, OUT sent integer, OUT ignored integer, OUT failed integer, OUT expired integer, OUT last_xid xid8, OUT last_id bigint) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    with changed as materialized (
        select l.id, l.modified_xid, l.event_id, l.queue, l.status, l.message_id
        from message_center.delivery_log as l
        where (l.modified_xid, l.id) > (start_xid, start_id)
            and l.modified_xid <= high
        order by l.modified_xid, l.id
        limit max_rows
    ),
    updated as (
        update message_center.event as e set
            status = c.status,
            status_reason = coalesce(m.message, case c.status when 'Expired'
                then format('expired on %s, before it was delivered', e.expiration) end),
            modified_at = clock_timestamp(),
            modified_xid = pg_current_xact_id()
        from changed as c
        left join message_center.delivery_log_message as m on m.id = c.message_id
        where e.queue = c.queue and e.id = c.event_id and message_center.status_may_move(e.status, c.status)
        returning e.status
    )
    select
        (select count(*) from changed),
        count(*) filter (where u.status = 'Sent'),
        count(*) filter (where u.status = 'Ignored by the delivery'),
        count(*) filter (where u.status = 'Delivery failed'),
        count(*) filter (where u.status = 'Expired'),
        (select c.modified_xid from changed as c order by c.modified_xid desc limit 1),
        (select c.id from changed as c order by c.modified_xid desc, c.id desc limit 1)
    into claimed, sent, ignored, failed, expired, last_xid, last_id
    from updated as u;
end
$$;

--
-- Name: alembic_version; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.alembic_version (
    version_num character varying(32) NOT NULL
);

--
-- Name: batch_event; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.batch_event (
    id bigint DEFAULT nextval('message_center.event_id_seq'::regclass) CONSTRAINT event_id_not_null NOT NULL,
    queue message_center.event_queue CONSTRAINT event_queue_not_null NOT NULL,
    status message_center.event_status DEFAULT 'Pending'::message_center.event_status CONSTRAINT event_status_not_null NOT NULL,
    status_reason text,
    type text CONSTRAINT event_type_not_null NOT NULL,
    wished_channel smallint DEFAULT 0 CONSTRAINT event_wished_channel_not_null NOT NULL,
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint DEFAULT 0 CONSTRAINT event_email_format_not_null NOT NULL,
    ctx jsonb CONSTRAINT event_ctx_not_null NOT NULL,
    scheduled timestamp with time zone,
    expiration timestamp with time zone,
    idempotency_key text,
    replay_of bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() CONSTRAINT event_created_at_not_null NOT NULL,
    process_requested_on timestamp with time zone,
    error_count smallint DEFAULT 0 CONSTRAINT event_error_count_not_null NOT NULL,
    enriched_at timestamp with time zone,
    template_id bigint,
    processed_at timestamp with time zone,
    modified_at timestamp with time zone DEFAULT clock_timestamp() CONSTRAINT event_modified_at_not_null NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT event_modified_xid_not_null NOT NULL,
    CONSTRAINT event_check CHECK ((
CASE wished_channel
    WHEN 0 THEN email
    WHEN 1 THEN mobile_phone
    ELSE registration_token
END IS NOT NULL)),
    CONSTRAINT event_check1 CHECK (((status <> ALL (ARRAY['Event not taken into account'::message_center.event_status, 'Expired'::message_center.event_status])) OR (status_reason IS NOT NULL))),
    CONSTRAINT event_email_format_check CHECK ((email_format = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT event_type_check CHECK ((type <> ''::text)),
    CONSTRAINT event_wished_channel_check CHECK ((wished_channel = ANY (ARRAY[0, 1, 41, 42])))
);

--
-- Name: delivery_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

--
-- Name: delivery; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.delivery (
    id bigint DEFAULT nextval('message_center.delivery_id_seq'::regclass) NOT NULL,
    template_id bigint NOT NULL,
    month date NOT NULL
);

--
-- Name: TABLE delivery; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON TABLE message_center.delivery IS 'The execution delivery: one per template and month.';

--
-- Name: delivery_log_message_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.delivery_log_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

--
-- Name: delivery_log_message; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.delivery_log_message (
    id bigint DEFAULT nextval('message_center.delivery_log_message_id_seq'::regclass) NOT NULL,
    failure_type message_center.failure_type NOT NULL,
    failure_reason smallint DEFAULT 0 NOT NULL,
    message text NOT NULL,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);

--
-- Name: COLUMN delivery_log_message.failure_reason; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.delivery_log_message.failure_reason IS '1 unknown user, 2 invalid domain, 3 unreachable, 4 disabled, 5 inbox full, 20 refused; 0 not stated.';

--
-- Name: message_template_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

ALTER TABLE message_center.message_template ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME message_center.message_template_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: quarantine_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

--
-- Name: quarantine; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.quarantine (
    id bigint DEFAULT nextval('message_center.quarantine_id_seq'::regclass) NOT NULL,
    wished_channel smallint NOT NULL,
    address text NOT NULL,
    message_id bigint,
    quarantined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);

--
-- Name: rt_event; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.rt_event (
    id bigint DEFAULT nextval('message_center.event_id_seq'::regclass) CONSTRAINT event_id_not_null NOT NULL,
    queue message_center.event_queue CONSTRAINT event_queue_not_null NOT NULL,
    status message_center.event_status DEFAULT 'Pending'::message_center.event_status CONSTRAINT event_status_not_null NOT NULL,
    status_reason text,
    type text CONSTRAINT event_type_not_null NOT NULL,
    wished_channel smallint DEFAULT 0 CONSTRAINT event_wished_channel_not_null NOT NULL,
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint DEFAULT 0 CONSTRAINT event_email_format_not_null NOT NULL,
    ctx jsonb CONSTRAINT event_ctx_not_null NOT NULL,
    scheduled timestamp with time zone,
    expiration timestamp with time zone,
    idempotency_key text,
    replay_of bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() CONSTRAINT event_created_at_not_null NOT NULL,
    process_requested_on timestamp with time zone,
    error_count smallint DEFAULT 0 CONSTRAINT event_error_count_not_null NOT NULL,
    enriched_at timestamp with time zone,
    template_id bigint,
    processed_at timestamp with time zone,
    modified_at timestamp with time zone DEFAULT clock_timestamp() CONSTRAINT event_modified_at_not_null NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT event_modified_xid_not_null NOT NULL,
    CONSTRAINT event_check CHECK ((
CASE wished_channel
    WHEN 0 THEN email
    WHEN 1 THEN mobile_phone
    ELSE registration_token
END IS NOT NULL)),
    CONSTRAINT event_check1 CHECK (((status <> ALL (ARRAY['Event not taken into account'::message_center.event_status, 'Expired'::message_center.event_status])) OR (status_reason IS NOT NULL))),
    CONSTRAINT event_email_format_check CHECK ((email_format = ANY (ARRAY[0, 1, 2]))),
    CONSTRAINT event_type_check CHECK ((type <> ''::text)),
    CONSTRAINT event_wished_channel_check CHECK ((wished_channel = ANY (ARRAY[0, 1, 41, 42])))
);

--
-- Name: schema_state; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.schema_state (
    only_row boolean DEFAULT true NOT NULL,
    functions_digest text DEFAULT ''::text NOT NULL,
    CONSTRAINT schema_state_only_row_check CHECK (only_row)
);

--
-- Name: tracking_url_id_seq; Type: SEQUENCE; Schema: message_center; Owner: -
--

CREATE SEQUENCE message_center.tracking_url_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

--
-- Name: tracking_url; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.tracking_url (
    id bigint DEFAULT nextval('message_center.tracking_url_id_seq'::regclass) NOT NULL,
    delivery_id bigint,
    url text NOT NULL,
    label text,
    modified_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    modified_xid xid8 DEFAULT pg_current_xact_id() NOT NULL
);

--
-- Name: batch_event; Type: TABLE ATTACH; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.event ATTACH PARTITION message_center.batch_event FOR VALUES IN ('batch');

--
-- Name: rt_event; Type: TABLE ATTACH; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.event ATTACH PARTITION message_center.rt_event FOR VALUES IN ('rt');

--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: message_center; Owner: -
--

INSERT INTO message_center.alembic_version VALUES ('0001');

--
-- Data for Name: batch_event; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: delivery; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: delivery_log; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: delivery_log_message; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: enrichment_request; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: event_type; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: idempotency_key; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: instance; Type: TABLE DATA; Schema: message_center; Owner: -
--

INSERT INTO message_center.instance VALUES (true, NULL, NULL, NULL, NULL, NULL, NULL, 5, 20, 1048576, 64);

--
-- Data for Name: message_template; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: quarantine; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: rt_event; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: schema_state; Type: TABLE DATA; Schema: message_center; Owner: -
--

INSERT INTO message_center.schema_state VALUES (true, '3dc8dd13977844fdf36674e37d5602b2eeee23eafc05cd8f54bf24017aa22cf6');

--
-- Data for Name: tracking_log; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: tracking_url; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: workflow_heartbeat; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Name: delivery_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.delivery_id_seq', 1, false);

--
-- Name: delivery_log_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.delivery_log_id_seq', 1, false);

--
-- Name: delivery_log_message_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.delivery_log_message_id_seq', 1, false);

--
-- Name: event_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.event_id_seq', 1, false);

--
-- Name: message_template_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.message_template_id_seq', 1, false);

--
-- Name: quarantine_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.quarantine_id_seq', 1, false);

--
-- Name: tracking_log_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.tracking_log_id_seq', 1, false);

--
-- Name: tracking_url_id_seq; Type: SEQUENCE SET; Schema: message_center; Owner: -
--

SELECT pg_catalog.setval('message_center.tracking_url_id_seq', 1, false);

--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id, queue);

--
-- Name: batch_event batch_event_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.batch_event
    ADD CONSTRAINT batch_event_pkey PRIMARY KEY (id, queue);

--
-- Name: delivery_log delivery_log_event_id_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log
    ADD CONSTRAINT delivery_log_event_id_key UNIQUE (event_id);

--
-- Name: delivery_log_message delivery_log_message_failure_type_failure_reason_message_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log_message
    ADD CONSTRAINT delivery_log_message_failure_type_failure_reason_message_key UNIQUE (failure_type, failure_reason, message);

--
-- Name: delivery_log_message delivery_log_message_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log_message
    ADD CONSTRAINT delivery_log_message_pkey PRIMARY KEY (id);

--
-- Name: delivery_log delivery_log_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log
    ADD CONSTRAINT delivery_log_pkey PRIMARY KEY (id);

--
-- Name: delivery delivery_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);

--
-- Name: delivery delivery_template_id_month_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery
    ADD CONSTRAINT delivery_template_id_month_key UNIQUE (template_id, month);

--
-- Name: enrichment_request enrichment_request_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.enrichment_request
    ADD CONSTRAINT enrichment_request_pkey PRIMARY KEY (event_id);

--
-- Name: event_type event_type_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.event_type
    ADD CONSTRAINT event_type_pkey PRIMARY KEY (name);

--
-- Name: idempotency_key idempotency_key_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (key);

--
-- Name: instance instance_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (only_row);

--
-- Name: message_template message_template_internal_name_queue_language_version_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.message_template
    ADD CONSTRAINT message_template_internal_name_queue_language_version_key UNIQUE (internal_name, queue, language, version);

--
-- Name: message_template message_template_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.message_template
    ADD CONSTRAINT message_template_pkey PRIMARY KEY (id);

--
-- Name: quarantine quarantine_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

--
-- Name: quarantine quarantine_wished_channel_address_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.quarantine
    ADD CONSTRAINT quarantine_wished_channel_address_key UNIQUE (wished_channel, address);

--
-- Name: rt_event rt_event_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.rt_event
    ADD CONSTRAINT rt_event_pkey PRIMARY KEY (id, queue);

--
-- Name: schema_state schema_state_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.schema_state
    ADD CONSTRAINT schema_state_pkey PRIMARY KEY (only_row);

--
-- Name: tracking_log tracking_log_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.tracking_log
    ADD CONSTRAINT tracking_log_pkey PRIMARY KEY (id);

--
-- Name: tracking_url tracking_url_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.tracking_url
    ADD CONSTRAINT tracking_url_pkey PRIMARY KEY (id);

--
-- Name: workflow_heartbeat workflow_heartbeat_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.workflow_heartbeat
    ADD CONSTRAINT workflow_heartbeat_pkey PRIMARY KEY (workflow);

--
-- Name: event_expiring; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX event_expiring ON ONLY message_center.event USING btree (expiration, id) WHERE ((status = 'Pending delivery'::message_center.event_status) AND (expiration IS NOT NULL));

--
-- Name: batch_event_expiration_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX batch_event_expiration_id_idx ON message_center.batch_event USING btree (expiration, id) WHERE ((status = 'Pending delivery'::message_center.event_status) AND (expiration IS NOT NULL));

--
-- Name: event_pending; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX event_pending ON ONLY message_center.event USING btree (modified_xid, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NULL));

--
-- Name: batch_event_modified_xid_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX batch_event_modified_xid_id_idx ON message_center.batch_event USING btree (modified_xid, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NULL));

--
-- Name: event_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX event_modified ON ONLY message_center.event USING btree (modified_xid, id);

--
-- Name: batch_event_modified_xid_id_idx1; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX batch_event_modified_xid_id_idx1 ON message_center.batch_event USING btree (modified_xid, id);

--
-- Name: event_postponed; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX event_postponed ON ONLY message_center.event USING btree (process_requested_on, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NOT NULL));

--
-- Name: batch_event_process_requested_on_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX batch_event_process_requested_on_id_idx ON message_center.batch_event USING btree (process_requested_on, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NOT NULL));

--
-- Name: event_pending_delivery; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX event_pending_delivery ON ONLY message_center.event USING btree (wished_channel, modified_xid, id) WHERE (status = 'Pending delivery'::message_center.event_status);

--
-- Name: batch_event_wished_channel_modified_xid_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX batch_event_wished_channel_modified_xid_id_idx ON message_center.batch_event USING btree (wished_channel, modified_xid, id) WHERE (status = 'Pending delivery'::message_center.event_status);

--
-- Name: delivery_log_address; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX delivery_log_address ON message_center.delivery_log USING btree (address);

--
-- Name: delivery_log_message_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX delivery_log_message_modified ON message_center.delivery_log_message USING btree (modified_xid, id);

--
-- Name: delivery_log_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX delivery_log_modified ON message_center.delivery_log USING btree (modified_xid, id);

--
-- Name: delivery_log_retry; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX delivery_log_retry ON message_center.delivery_log USING btree (wished_channel, retry_at, id) WHERE (status = 'Pending delivery'::message_center.event_status);

--
-- Name: enrichment_request_queue; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX enrichment_request_queue ON message_center.enrichment_request USING btree (event_type, event_id);

--
-- Name: message_template_routing; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX message_template_routing ON message_center.message_template USING btree (queue, event_type, wished_channel, priority DESC, published_at DESC, internal_name, language DESC) WHERE (unpublished_at IS NULL);

--
-- Name: quarantine_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX quarantine_modified ON message_center.quarantine USING btree (modified_xid, id);

--
-- Name: rt_event_expiration_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX rt_event_expiration_id_idx ON message_center.rt_event USING btree (expiration, id) WHERE ((status = 'Pending delivery'::message_center.event_status) AND (expiration IS NOT NULL));

--
-- Name: rt_event_modified_xid_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX rt_event_modified_xid_id_idx ON message_center.rt_event USING btree (modified_xid, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NULL));

--
-- Name: rt_event_modified_xid_id_idx1; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX rt_event_modified_xid_id_idx1 ON message_center.rt_event USING btree (modified_xid, id);

--
-- Name: rt_event_process_requested_on_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX rt_event_process_requested_on_id_idx ON message_center.rt_event USING btree (process_requested_on, id) WHERE ((status = 'Pending'::message_center.event_status) AND (process_requested_on IS NOT NULL));

--
-- Name: rt_event_wished_channel_modified_xid_id_idx; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX rt_event_wished_channel_modified_xid_id_idx ON message_center.rt_event USING btree (wished_channel, modified_xid, id) WHERE (status = 'Pending delivery'::message_center.event_status);

--
-- Name: tracking_log_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX tracking_log_modified ON message_center.tracking_log USING btree (modified_xid, id);

--
-- Name: tracking_url_modified; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX tracking_url_modified ON message_center.tracking_url USING btree (modified_xid, id);

--
-- Name: batch_event_expiration_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_expiring ATTACH PARTITION message_center.batch_event_expiration_id_idx;

--
-- Name: batch_event_modified_xid_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pending ATTACH PARTITION message_center.batch_event_modified_xid_id_idx;

--
-- Name: batch_event_modified_xid_id_idx1; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_modified ATTACH PARTITION message_center.batch_event_modified_xid_id_idx1;

--
-- Name: batch_event_pkey; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pkey ATTACH PARTITION message_center.batch_event_pkey;

--
-- Name: batch_event_process_requested_on_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_postponed ATTACH PARTITION message_center.batch_event_process_requested_on_id_idx;

--
-- Name: batch_event_wished_channel_modified_xid_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pending_delivery ATTACH PARTITION message_center.batch_event_wished_channel_modified_xid_id_idx;

--
-- Name: rt_event_expiration_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_expiring ATTACH PARTITION message_center.rt_event_expiration_id_idx;

--
-- Name: rt_event_modified_xid_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pending ATTACH PARTITION message_center.rt_event_modified_xid_id_idx;

--
-- Name: rt_event_modified_xid_id_idx1; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_modified ATTACH PARTITION message_center.rt_event_modified_xid_id_idx1;

--
-- Name: rt_event_pkey; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pkey ATTACH PARTITION message_center.rt_event_pkey;

--
-- Name: rt_event_process_requested_on_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_postponed ATTACH PARTITION message_center.rt_event_process_requested_on_id_idx;

--
-- Name: rt_event_wished_channel_modified_xid_id_idx; Type: INDEX ATTACH; Schema: message_center; Owner: -
--

ALTER INDEX message_center.event_pending_delivery ATTACH PARTITION message_center.rt_event_wished_channel_modified_xid_id_idx;

--
-- Name: delivery_log refuse_status_move; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER refuse_status_move BEFORE UPDATE OF status ON message_center.delivery_log FOR EACH ROW WHEN (((old.status <> new.status) AND (NOT message_center.status_may_move(old.status, new.status)))) EXECUTE FUNCTION message_center.refuse_delivery_log_move();

--
-- Name: event refuse_status_move; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER refuse_status_move BEFORE UPDATE OF status ON message_center.event FOR EACH ROW WHEN (((old.status <> new.status) AND (NOT message_center.status_may_move(old.status, new.status)))) EXECUTE FUNCTION message_center.refuse_status_move();

--
-- Name: delivery_log stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.delivery_log FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: delivery_log_message stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.delivery_log_message FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: event stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.event FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: quarantine stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.quarantine FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: tracking_log stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.tracking_log FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: tracking_url stamp_modification; Type: TRIGGER; Schema: message_center; Owner: -
--

CREATE TRIGGER stamp_modification BEFORE INSERT OR UPDATE ON message_center.tracking_url FOR EACH ROW WHEN ((new.modified_xid IS DISTINCT FROM pg_current_xact_id())) EXECUTE FUNCTION message_center.stamp_modification();

--
-- Name: delivery_log delivery_log_delivery_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log
    ADD CONSTRAINT delivery_log_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES message_center.delivery(id);

--
-- Name: delivery_log delivery_log_message_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery_log
    ADD CONSTRAINT delivery_log_message_id_fkey FOREIGN KEY (message_id) REFERENCES message_center.delivery_log_message(id);

--
-- Name: delivery delivery_template_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.delivery
    ADD CONSTRAINT delivery_template_id_fkey FOREIGN KEY (template_id) REFERENCES message_center.message_template(id);

--
-- Name: quarantine quarantine_message_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.quarantine
    ADD CONSTRAINT quarantine_message_id_fkey FOREIGN KEY (message_id) REFERENCES message_center.delivery_log_message(id);

--
-- Name: tracking_log tracking_log_tracking_url_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.tracking_log
    ADD CONSTRAINT tracking_log_tracking_url_id_fkey FOREIGN KEY (tracking_url_id) REFERENCES message_center.tracking_url(id);

--
-- Name: tracking_url tracking_url_delivery_id_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.tracking_url
    ADD CONSTRAINT tracking_url_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES message_center.delivery(id);

--
-- PostgreSQL database dump complete
--
