-- Who this instance is. One row; account and identifier stay empty until the archiving workflow registers it.
create table message_center.instance (
    only_row boolean primary key default true check (only_row),
    account text,
    instance_identifier smallint check (instance_identifier between 1 and 127),
    registered_at timestamptz,
    -- Which database it was when it last gave an id: see notice_restore.
    database_identity text,
    -- Limits, changed by UPDATE.
    max_tries smallint not null default 5 check (max_tries > 0),
    max_delivery_tries smallint not null default 20 check (max_delivery_tries > 0),
    max_ctx_bytes integer not null default 1048576,
    max_ctx_depth smallint not null default 64,
    max_call_bytes integer not null default 67108864 check (max_call_bytes > 0),
    max_call_events integer not null default 100000 check (max_call_events > 0),
    -- Which numbering of transactions its marks are of: another one after each restore.
    numbering integer not null default 0,
    -- The control instance that publishes to it, archives it and purges it: see belong_to.
    control uuid,
    check ((account is null) = (instance_identifier is null))
);
insert into message_center.instance default values;
