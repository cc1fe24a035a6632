-- The execution instances that this control instance knows.
create table message_center.execution_instance (
    account text primary key,
    instance_identifier smallint not null unique check (instance_identifier between 1 and 127),
    -- Two accounts on one database would archive it twice, under two names.
    database_identity text not null unique,
    registered_at timestamptz not null default clock_timestamp(),
    resynchronised_at timestamptz,
    resynchronised_reason text
);
