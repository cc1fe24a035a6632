-- What has been published, by whom and why, and what each execution instance has of it.

create type message_center.publication_action as enum ('publish', 'unpublish', 'rollback');

-- Nothing here is ever rewritten: the current state of a template is what the last publication that names it says.
create table message_center.publication (
    number integer primary key,
    action message_center.publication_action not null,
    -- The DAG run. A task that is run again finds the publication that it has made.
    run_id text not null unique,
    requested_by text not null,
    comment text,
    published_at timestamptz not null default clock_timestamp(),
    -- Publishing although something was missing.
    override_reason text,
    missing jsonb,
    check ((override_reason is null) = (missing is null))
);

create table message_center.template_version (
    internal_name text not null,
    version integer not null references message_center.publication,
    content jsonb not null,
    primary key (internal_name, version)
);
comment on column message_center.template_version.version is 'The number of the publication that brought this content.';

create table message_center.published_template (
    publication integer not null references message_center.publication,
    internal_name text not null,
    -- Empty: unpublished.
    version integer,
    primary key (publication, internal_name),
    foreign key (internal_name, version) references message_center.template_version
);
create index published_template_internal_name on message_center.published_template (internal_name, publication desc);

create table message_center.event_type (
    name text primary key,
    label text not null
);
comment on table message_center.event_type is 'The enumeration of event types, as last published.';
