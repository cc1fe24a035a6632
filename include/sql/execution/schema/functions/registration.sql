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
