-- The control side as 0.1.0 makes it of an empty database: by scripts.freeze_release.

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
-- Name: archive; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA archive;

--
-- Name: message_center; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA message_center;

--
-- Name: publication_action; Type: TYPE; Schema: message_center; Owner: -
--

CREATE TYPE message_center.publication_action AS ENUM (
    'publish',
    'unpublish',
    'rollback'
);

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: delivery_log; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.delivery_log (
    id bigint NOT NULL,
    account text NOT NULL,
    event_id bigint,
    queue text,
    delivery_id bigint,
    wished_channel smallint,
    address text,
    status text,
    message_id bigint,
    engine text,
    tries smallint,
    retry_at timestamp with time zone,
    created_at timestamp with time zone,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: delivery_log_message; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.delivery_log_message (
    id bigint NOT NULL,
    account text NOT NULL,
    failure_type text,
    failure_reason smallint,
    message text,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: event; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.event (
    id bigint NOT NULL,
    account text NOT NULL,
    queue text,
    status text,
    status_reason text,
    type text,
    wished_channel smallint,
    email text,
    mobile_phone text,
    registration_token text,
    external_id text,
    origin text,
    language text,
    country text,
    email_format smallint,
    ctx jsonb,
    scheduled timestamp with time zone,
    expiration timestamp with time zone,
    idempotency_key text,
    replay_of bigint,
    created_at timestamp with time zone,
    process_requested_on timestamp with time zone,
    error_count smallint,
    enriched_at timestamp with time zone,
    template_id bigint,
    processed_at timestamp with time zone,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: message_template; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.message_template (
    account text NOT NULL,
    id bigint NOT NULL,
    internal_name text NOT NULL,
    version integer NOT NULL,
    event_type text NOT NULL,
    queue text NOT NULL,
    language text NOT NULL,
    deployed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

--
-- Name: quarantine; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.quarantine (
    id bigint NOT NULL,
    account text NOT NULL,
    wished_channel smallint,
    address text,
    message_id bigint,
    quarantined_at timestamp with time zone,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: tracking_log; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.tracking_log (
    id bigint NOT NULL,
    account text NOT NULL,
    event_id bigint,
    tracking_url_id bigint,
    kind text,
    logged_at timestamp with time zone,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: tracking_url; Type: TABLE; Schema: archive; Owner: -
--

CREATE TABLE archive.tracking_url (
    id bigint NOT NULL,
    account text NOT NULL,
    delivery_id bigint,
    url text,
    label text,
    modified_at timestamp with time zone,
    modified_xid xid8,
    archived_at timestamp with time zone NOT NULL,
    extra jsonb
);

--
-- Name: alembic_version; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.alembic_version (
    version_num character varying(32) NOT NULL
);

--
-- Name: archive_watermark; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.archive_watermark (
    account text NOT NULL,
    stream text NOT NULL,
    snapshot pg_snapshot,
    passing pg_snapshot,
    after_xid xid8,
    after_id bigint,
    archived_at timestamp with time zone,
    row_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT archive_watermark_check CHECK ((((passing IS NULL) = (after_xid IS NULL)) AND ((passing IS NULL) = (after_id IS NULL))))
);

--
-- Name: COLUMN archive_watermark.archived_at; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.archive_watermark.archived_at IS 'The last time that a pass reached its end.';

--
-- Name: COLUMN archive_watermark.row_count; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.archive_watermark.row_count IS 'Rows brought since registration, new and changed.';

--
-- Name: published_template; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.published_template (
    publication integer NOT NULL,
    internal_name text NOT NULL,
    version integer
);

--
-- Name: current_template; Type: VIEW; Schema: message_center; Owner: -
--

CREATE VIEW message_center.current_template AS
 SELECT DISTINCT ON (internal_name) internal_name,
    version,
    publication
   FROM message_center.published_template p
  ORDER BY internal_name, publication DESC;

--
-- Name: event_type; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.event_type (
    name text NOT NULL,
    label text NOT NULL
);

--
-- Name: TABLE event_type; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON TABLE message_center.event_type IS 'The enumeration of event types, as last published.';

--
-- Name: execution_instance; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.execution_instance (
    account text NOT NULL,
    instance_identifier smallint NOT NULL,
    database_identity text NOT NULL,
    checkpoint uuid,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    resynchronised_at timestamp with time zone,
    resynchronised_reason text,
    CONSTRAINT execution_instance_instance_identifier_check CHECK (((instance_identifier >= 1) AND (instance_identifier <= 127)))
);

--
-- Name: publication; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.publication (
    number integer NOT NULL,
    action message_center.publication_action NOT NULL,
    run_id text NOT NULL,
    requested_by text NOT NULL,
    comment text,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    override_reason text,
    missing jsonb,
    CONSTRAINT publication_check CHECK (((override_reason IS NULL) = (missing IS NULL)))
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
-- Name: template_version; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.template_version (
    internal_name text NOT NULL,
    version integer NOT NULL,
    content jsonb NOT NULL
);

--
-- Name: COLUMN template_version.version; Type: COMMENT; Schema: message_center; Owner: -
--

COMMENT ON COLUMN message_center.template_version.version IS 'The number of the publication that brought this content.';

--
-- Name: workflow_heartbeat; Type: TABLE; Schema: message_center; Owner: -
--

CREATE TABLE message_center.workflow_heartbeat (
    workflow text NOT NULL,
    account text NOT NULL,
    last_start timestamp with time zone,
    last_success timestamp with time zone,
    window_end timestamp with time zone,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_error text,
    last_error_at timestamp with time zone,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

--
-- Data for Name: delivery_log; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: delivery_log_message; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: event; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: message_template; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: quarantine; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: tracking_log; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: tracking_url; Type: TABLE DATA; Schema: archive; Owner: -
--

--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: message_center; Owner: -
--

INSERT INTO message_center.alembic_version VALUES ('0001');

--
-- Data for Name: archive_watermark; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: event_type; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: execution_instance; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: publication; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: published_template; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: schema_state; Type: TABLE DATA; Schema: message_center; Owner: -
--

INSERT INTO message_center.schema_state VALUES (true, '785016eca1f9148095c480be55adbc72841e04bff2ce2bab3017a93579888de3');

--
-- Data for Name: template_version; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Data for Name: workflow_heartbeat; Type: TABLE DATA; Schema: message_center; Owner: -
--

--
-- Name: delivery_log_message delivery_log_message_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.delivery_log_message
    ADD CONSTRAINT delivery_log_message_pkey PRIMARY KEY (id);

--
-- Name: delivery_log delivery_log_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.delivery_log
    ADD CONSTRAINT delivery_log_pkey PRIMARY KEY (id);

--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);

--
-- Name: message_template message_template_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.message_template
    ADD CONSTRAINT message_template_pkey PRIMARY KEY (account, id);

--
-- Name: quarantine quarantine_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);

--
-- Name: tracking_log tracking_log_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.tracking_log
    ADD CONSTRAINT tracking_log_pkey PRIMARY KEY (id);

--
-- Name: tracking_url tracking_url_pkey; Type: CONSTRAINT; Schema: archive; Owner: -
--

ALTER TABLE ONLY archive.tracking_url
    ADD CONSTRAINT tracking_url_pkey PRIMARY KEY (id);

--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

--
-- Name: archive_watermark archive_watermark_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.archive_watermark
    ADD CONSTRAINT archive_watermark_pkey PRIMARY KEY (account, stream);

--
-- Name: event_type event_type_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.event_type
    ADD CONSTRAINT event_type_pkey PRIMARY KEY (name);

--
-- Name: execution_instance execution_instance_database_identity_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.execution_instance
    ADD CONSTRAINT execution_instance_database_identity_key UNIQUE (database_identity);

--
-- Name: execution_instance execution_instance_instance_identifier_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.execution_instance
    ADD CONSTRAINT execution_instance_instance_identifier_key UNIQUE (instance_identifier);

--
-- Name: execution_instance execution_instance_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.execution_instance
    ADD CONSTRAINT execution_instance_pkey PRIMARY KEY (account);

--
-- Name: publication publication_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.publication
    ADD CONSTRAINT publication_pkey PRIMARY KEY (number);

--
-- Name: publication publication_run_id_key; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.publication
    ADD CONSTRAINT publication_run_id_key UNIQUE (run_id);

--
-- Name: published_template published_template_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.published_template
    ADD CONSTRAINT published_template_pkey PRIMARY KEY (publication, internal_name);

--
-- Name: schema_state schema_state_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.schema_state
    ADD CONSTRAINT schema_state_pkey PRIMARY KEY (only_row);

--
-- Name: template_version template_version_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.template_version
    ADD CONSTRAINT template_version_pkey PRIMARY KEY (internal_name, version);

--
-- Name: workflow_heartbeat workflow_heartbeat_pkey; Type: CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.workflow_heartbeat
    ADD CONSTRAINT workflow_heartbeat_pkey PRIMARY KEY (workflow, account);

--
-- Name: delivery_log_address; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX delivery_log_address ON archive.delivery_log USING btree (address);

--
-- Name: delivery_log_event_id; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX delivery_log_event_id ON archive.delivery_log USING btree (event_id);

--
-- Name: event_email; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX event_email ON archive.event USING btree (email) WHERE (email IS NOT NULL);

--
-- Name: event_external_id; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX event_external_id ON archive.event USING btree (external_id) WHERE (external_id IS NOT NULL);

--
-- Name: event_mobile_phone; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX event_mobile_phone ON archive.event USING btree (mobile_phone) WHERE (mobile_phone IS NOT NULL);

--
-- Name: event_status; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX event_status ON archive.event USING btree (status, created_at) WHERE (status <> 'Sent'::text);

--
-- Name: event_type_created_at; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX event_type_created_at ON archive.event USING btree (type, created_at);

--
-- Name: quarantine_address; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX quarantine_address ON archive.quarantine USING btree (address);

--
-- Name: tracking_log_event_id; Type: INDEX; Schema: archive; Owner: -
--

CREATE INDEX tracking_log_event_id ON archive.tracking_log USING btree (event_id);

--
-- Name: published_template_internal_name; Type: INDEX; Schema: message_center; Owner: -
--

CREATE INDEX published_template_internal_name ON message_center.published_template USING btree (internal_name, publication DESC);

--
-- Name: published_template published_template_internal_name_version_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.published_template
    ADD CONSTRAINT published_template_internal_name_version_fkey FOREIGN KEY (internal_name, version) REFERENCES message_center.template_version(internal_name, version);

--
-- Name: published_template published_template_publication_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.published_template
    ADD CONSTRAINT published_template_publication_fkey FOREIGN KEY (publication) REFERENCES message_center.publication(number);

--
-- Name: template_version template_version_version_fkey; Type: FK CONSTRAINT; Schema: message_center; Owner: -
--

ALTER TABLE ONLY message_center.template_version
    ADD CONSTRAINT template_version_version_fkey FOREIGN KEY (version) REFERENCES message_center.publication(number);

--
-- PostgreSQL database dump complete
--
