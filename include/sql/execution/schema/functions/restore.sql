-- A database that was restored from a dump, or failed over: it notices, and gives no id twice.

-- Which database this is, whatever its name or host; another one after a restore from a dump, and after a replica was
-- promoted, which may lack what the archive has: the timeline, the first eight digits of a WAL file's name, tells.
create or replace function message_center.database_identity() returns text
language sql stable
begin atomic
    select format('%s/%s/%s', control.system_identifier, this.oid, left(pg_walfile_name(pg_current_wal_lsn()), 8))
    from pg_control_system() as control
    cross join pg_database as this
    where this.datname = current_database();
end;

create or replace function message_center.id_sequences() returns setof regclass
language sql stable
begin atomic
    select s.oid::regclass
    from pg_class as s
    where s.relnamespace = 'message_center'::regnamespace and s.relkind = 'S' and s.relname like '%\_id\_seq';
end;

-- What counts transactions starts over. It beats whatever runs: a session's cursor has another name from now on, and a
-- watermark of the old numbering is no longer saved.
create or replace function message_center.begin_numbering() returns void
language sql
begin atomic
    update message_center.instance set numbering = numbering + 1 where only_row;
    update message_center.workflow_heartbeat as h
    set watermark = null, watermark_numbering = i.numbering
    from message_center.instance as i
    where h.watermark_numbering <> i.numbering;
end;

-- Whether this session has seen already that the database is the one that it was.
create or replace function message_center.is_itself() returns boolean
language sql stable
return coalesce(current_setting('message_center.is_itself', true) = 'true', false);

-- A database restored from a dump would give once more the ids that were given after the dump was made, and that the
-- archive knows. So it leaves out as many as nobody can have used meanwhile: 2^32 of 2^56. Whatever gives ids asks for
-- this first, and each session looks once.
create or replace function message_center.notice_restore() returns void
language plpgsql as $$
declare
    identity text;
begin
    if message_center.is_itself() then
        return;
    end if;
    identity := message_center.database_identity();
    perform from message_center.instance as i
    where i.instance_identifier is not null and i.database_identity is distinct from identity
    for update;
    if found then
        perform setval(s, nextval(s) + (1::bigint << 32)) from message_center.id_sequences() as s;
        update message_center.instance as i set database_identity = identity;
        perform message_center.begin_numbering();
    end if;
    perform set_config('message_center.is_itself', 'true', false);
end
$$;

-- After a restore from a dump: what counted transactions starts over, and new ids begin after all that the archive
-- has seen (max_ids: {"event": id, ...}).
create or replace function message_center.rebase_after_restore(max_ids jsonb) returns void
language plpgsql as $$
declare
    archived record;
begin
    for archived in
        select format('message_center.%I', key || '_id_seq')::regclass as sequence, value::bigint as max_id
        from jsonb_each_text(max_ids)
        where value is not null
    loop
        perform setval(archived.sequence,
            greatest(archived.max_id, pg_sequence_last_value(archived.sequence)));
    end loop;
    perform message_center.begin_numbering();
    -- A transaction number from the future would be "changed" for ever.
    update message_center.event set status = status where modified_xid > pg_current_xact_id();
    update message_center.delivery_log set status = status where modified_xid > pg_current_xact_id();
    update message_center.delivery_log_message set message = message where modified_xid > pg_current_xact_id();
    update message_center.tracking_url set url = url where modified_xid > pg_current_xact_id();
    update message_center.tracking_log set kind = kind where modified_xid > pg_current_xact_id();
    update message_center.quarantine set address = address where modified_xid > pg_current_xact_id();
    update message_center.statistic set minute = minute where modified_xid > pg_current_xact_id();
    update message_center.operator_act set done = done where modified_xid > pg_current_xact_id();
    update message_center.operator_act_event set act = act where modified_xid > pg_current_xact_id();
end
$$;
