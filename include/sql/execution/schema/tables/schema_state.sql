-- What the migrations note about this schema; see plugins/message_center/migrations.

create schema if not exists message_center;

-- The text that the functions and views were last made from: another text is applied, the same one is not again.
create table message_center.schema_state (
    only_row boolean primary key default true check (only_row),
    functions_digest text not null default ''
);
insert into message_center.schema_state default values;
