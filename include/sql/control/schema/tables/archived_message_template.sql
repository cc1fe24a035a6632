-- What the archive's template_id means: the templates of each execution instance.
create table archive.message_template (
    account text not null,
    id bigint not null,
    internal_name text not null,
    version integer not null,
    event_type text not null,
    queue text not null,
    language text not null,
    deployed_at timestamptz not null default clock_timestamp(),
    primary key (account, id)
);
