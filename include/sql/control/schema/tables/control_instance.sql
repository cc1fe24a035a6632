-- Who this control instance is: what an execution instance remembers of whose it is. A dump has it, so that one that is
-- restored is the same one. One row.
create table message_center.control_instance (
    only_row boolean primary key default true check (only_row),
    identity uuid not null default gen_random_uuid()
);
insert into message_center.control_instance default values;
