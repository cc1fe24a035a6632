-- What routing links events to: the published message templates, each version once for each queue and language.

create table message_center.message_template (
    id bigint generated always as identity primary key,
    internal_name text not null,
    version integer not null,
    event_type text not null,
    wished_channel smallint not null default 0 check (wished_channel in (0, 1, 41, 42)),
    queue message_center.event_queue not null,
    language text not null default '',
    priority smallint not null default 0,
    condition jsonpath,
    sender text,
    reply_to text,
    subject text,
    html_body text,
    text_body text not null,
    published_at timestamptz not null default clock_timestamp(),
    unpublished_at timestamptz,
    hands_on_trace boolean not null default false,
    unique (internal_name, queue, language, version)
);
comment on column message_center.message_template.version is
    'The number of the publication that brought it. Rows are never deleted or rewritten: an event keeps its version.';
comment on column message_center.message_template.language is
    'Empty: for every language without a template of its own.';
comment on column message_center.message_template.hands_on_trace is
    'Whether an e-mail has the traceparent of its event as a header.';
comment on column message_center.message_template.condition is
    'A jsonpath predicate on the event as JSON, its columns as fields. Empty: always.';

create index message_template_routing on message_center.message_template
    (queue, event_type, wished_channel, priority desc, published_at desc, internal_name, language desc)
    where unpublished_at is null;
