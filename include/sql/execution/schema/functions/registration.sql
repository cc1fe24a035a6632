-- Registration: an account makes this database its execution instance. Its ids are its own from then on.
create or replace function message_center.register_instance(account text, instance_identifier smallint) returns void
language plpgsql as $$
declare
    wanted_account alias for account;
    wanted_identifier alias for instance_identifier;
    this message_center.instance;
    sequence regclass;
begin
    select * into this from message_center.instance for update;
    if this.account = wanted_account and this.instance_identifier = wanted_identifier then
        return;
    end if;
    if this.account is not null then
        raise exception 'this database is registered by account "%" with instance identifier %',
            this.account, this.instance_identifier using errcode = 'object_in_use';
    end if;
    -- A template's id need not name the instance.
    for sequence in
        select s from message_center.id_sequences() as s where s <> 'message_center.message_template_id_seq'::regclass
    loop
        execute format('alter sequence %s minvalue %s maxvalue %s start %2$s restart',
            sequence,
            (wanted_identifier::bigint << 56) + 1,
            (wanted_identifier::bigint << 56) + ((1::bigint << 56) - 1));
    end loop;
    update message_center.instance as i set
        account = wanted_account,
        instance_identifier = wanted_identifier,
        registered_at = clock_timestamp(),
        database_identity = message_center.database_identity();
end
$$;

-- Make this instance a control instance's; false when it is another one's. The first one that registers it has it until
-- another one takes it over. That one numbers its publications from 1, too: so what is here of the old one's goes
-- below, live as it was, and is taken for nothing that the new one has published.
create or replace function message_center.belong_to(control uuid, take_over boolean) returns boolean
language plpgsql as $$
declare
    wanted alias for control;
    owner uuid;
begin
    select i.control into owner from message_center.instance as i for update;
    if owner <> wanted then
        if not take_over then
            return false;
        end if;
        update message_center.message_template as t set version = t.version - below.them_all
        from (
            select max(m.version) - least(min(m.version), 1) + 1 as them_all
            from message_center.message_template as m
        ) as below
        where below.them_all > 0;
    end if;
    update message_center.instance as i set control = wanted where i.control is distinct from wanted;
    return true;
end
$$;
