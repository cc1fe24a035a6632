-- An act goes through its events by id, in passes of a transaction each; the row of the act says how far it has come.
-- Asked again with the same id, whether it was cut or the answer was lost, it goes on from there.
-- Planner settings: see eligibility.sql.

-- How many events an act takes.
create or replace function message_center.count_for_act(
    kind message_center.act_kind, wanted message_center.event_filter, scheduled timestamptz
) returns bigint
language plpgsql stable
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
begin
    return (
        select count(*)
        from message_center.event as e
        where message_center.act_takes(kind, e, wanted, count_for_act.scheduled));
end
$$;

-- Begin an act, or go on with it. Its row is locked: who asks for the same act at the same time goes on after us.
create or replace function message_center.begin_act(
    kind message_center.act_kind, act uuid, requested_by text, reason text, filter jsonb, scheduled timestamptz
) returns message_center.operator_act
language plpgsql as $$
#variable_conflict use_column
declare
    wanted constant message_center.event_filter := message_center.event_filter_of(filter);
    this message_center.operator_act;
begin
    if filter = '{}' then
        raise exception 'a filter that names nothing means every event' using errcode = 'invalid_parameter_value',
            hint = 'Name a status or a period, if nothing else.';
    end if;
    if not exists (select from message_center.operator_act as a where a.act = begin_act.act) then
        insert into message_center.operator_act (
            act, kind, requested_by, reason, filter, scheduled, counted, last_id)
        values (begin_act.act, begin_act.kind, begin_act.requested_by, begin_act.reason, begin_act.filter,
            begin_act.scheduled, message_center.count_for_act(begin_act.kind, wanted, begin_act.scheduled),
            least(wanted.last_id, coalesce(pg_sequence_last_value('message_center.event_id_seq'), 0)))
        on conflict on constraint operator_act_act_key do nothing;
    end if;
    select a.* into this from message_center.operator_act as a where a.act = begin_act.act order by a.id for update;
    if (this.kind, this.filter, this.scheduled)
        is distinct from (begin_act.kind, begin_act.filter, begin_act.scheduled)
    then
        raise exception 'act % is another one, begun on %', begin_act.act, this.begun_at
            using errcode = 'invalid_parameter_value', hint = 'Give each act an id of its own.';
    end if;
    return this;
end
$$;

-- The next events of an act, locked in the order of their ids, as all who wait for several do; what somebody else has
-- locked is waited for, since it may be gone from the queue then. Of large events there are fewer.
create or replace function message_center.next_of_act(
    this message_center.operator_act, wanted message_center.event_filter, max_events integer
) returns bigint[]
language plpgsql
set plan_cache_mode = force_custom_plan
set enable_seqscan = off
set jit = off
as $$
declare
    max_bytes constant bigint := 16777216;
begin
    return array(
        select next.id
        from (
            select locked.id,
                sum(octet_length(locked.ctx::text)) over (order by locked.id) - octet_length(locked.ctx::text) as before
            from (
                select e.id, e.ctx
                from message_center.event as e
                where e.id > this.after_id
                    and e.id <= this.last_id
                    and message_center.act_takes(this.kind, e, wanted, this.scheduled)
                    and not exists (
                        select from message_center.operator_act_event as a
                        where a.act = this.act and a.event_id = e.id)
                order by e.id
                limit max_events
                for no key update of e
            ) as locked
        ) as next
        where next.before < max_bytes
        order by next.id
    );
end
$$;

-- Note how far an act has come. At its end nothing is asked of it any more.
create or replace function message_center.note_pass(
    this message_center.operator_act, ids bigint[], taken integer,
    out done integer, out total bigint, out more boolean
)
language plpgsql as $$
begin
    done := taken;
    more := cardinality(ids) > 0;
    update message_center.operator_act as a set
        after_id = coalesce(ids[cardinality(ids)], a.after_id),
        done = a.done + taken,
        finished_at = case when note_pass.more then null else coalesce(a.finished_at, clock_timestamp()) end
    where a.id = this.id
    returning a.done into total;
end
$$;
