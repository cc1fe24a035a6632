-- Acts are archived: they get an id of the instance's own, as all that is archived has.
create sequence message_center.operator_act_id_seq;
create sequence message_center.operator_act_event_id_seq;
do $$
declare
    instance_identifier constant bigint := (select i.instance_identifier from message_center.instance as i);
    sequence text;
begin
    foreach sequence in array array['operator_act_id_seq', 'operator_act_event_id_seq'] loop
        if instance_identifier is not null then
            execute format('alter sequence message_center.%I minvalue %s maxvalue %s start %2$s restart', sequence,
                (instance_identifier << 56) + 1, (instance_identifier << 56) + ((1::bigint << 56) - 1));
        end if;
    end loop;
end
$$;

alter table message_center.operator_act_event drop constraint operator_act_event_act_fkey;
alter table message_center.operator_act_event drop constraint operator_act_event_pkey;
alter table message_center.operator_act drop constraint operator_act_pkey;
alter table message_center.operator_act rename column id to act;
-- What makes it not null has the old name still.
alter table message_center.operator_act alter column act drop not null;
alter table message_center.operator_act alter column act set not null;
alter table message_center.operator_act
    add column id bigint primary key default nextval('message_center.operator_act_id_seq'),
    add column modified_at timestamptz not null default clock_timestamp(),
    add column modified_xid xid8 not null default pg_current_xact_id(),
    add constraint operator_act_act_key unique (act);
alter table message_center.operator_act_event
    add column id bigint primary key default nextval('message_center.operator_act_event_id_seq'),
    add column modified_at timestamptz not null default clock_timestamp(),
    add column modified_xid xid8 not null default pg_current_xact_id(),
    add constraint operator_act_event_act_event_id_key unique (act, event_id),
    add constraint operator_act_event_act_fkey foreign key (act) references message_center.operator_act (act);
-- Who put an address in quarantine or released it, as it was named in whatever case.
create index operator_act_addresses on message_center.operator_act using gin ((lower(filter ->> 'addresses')::jsonb))
    where kind in ('quarantine', 'release');
create index operator_act_modified on message_center.operator_act (modified_xid, id);
create index operator_act_event_modified on message_center.operator_act_event (modified_xid, id);

create trigger stamp_modification before insert or update on message_center.operator_act
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.operator_act enable always trigger stamp_modification;
create trigger stamp_modification before insert or update on message_center.operator_act_event
    for each row when (new.modified_xid is distinct from pg_current_xact_id())
    execute function message_center.stamp_modification();
alter table message_center.operator_act_event enable always trigger stamp_modification;

-- It has the external ids of a person besides.
drop function if exists message_center.erase_mentions(text);
