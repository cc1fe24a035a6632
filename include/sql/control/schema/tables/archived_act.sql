-- What operators did on the instances, as they have it: see operator_act there. An event's story has it from here once
-- its instance has purged it.

create table archive.operator_act (
    id bigint primary key,
    account text not null,
    act uuid,
    kind text,
    requested_by text,
    reason text,
    filter jsonb,
    scheduled timestamptz,
    counted bigint,
    last_id bigint,
    after_id bigint,
    archived_after_id bigint,
    done bigint,
    begun_at timestamptz,
    finished_at timestamptz,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index operator_act_act on archive.operator_act (act);
create index operator_act_account_begun_at on archive.operator_act (account, begun_at);
-- Who put an address in quarantine or released it, as it was named in whatever case.
create index operator_act_addresses on archive.operator_act using gin ((lower(filter ->> 'addresses')::jsonb))
    where kind in ('quarantine', 'release');

create table archive.operator_act_event (
    id bigint primary key,
    account text not null,
    act uuid,
    event_id bigint,
    new_event_id bigint,
    refused text,
    modified_at timestamptz,
    modified_xid xid8,
    archived_at timestamptz not null,
    extra jsonb
);
create index operator_act_event_event_id on archive.operator_act_event (event_id);
