-- Acts that are done in one transaction, and so need no progress: they are noted, with who and why.

-- Note an act and what is meant by it. False: it was asked for before, and is done.
create or replace function message_center.note_act_at_once(
    kind message_center.act_kind, act uuid, requested_by text, reason text, meant jsonb, counted integer
) returns boolean
language plpgsql as $$
declare
    this message_center.operator_act;
begin
    insert into message_center.operator_act (act, kind, requested_by, reason, filter, counted, last_id, finished_at)
    values (act, kind, requested_by, reason, meant, counted, 0, clock_timestamp())
    on conflict on constraint operator_act_act_key do nothing;
    if found then
        return true;
    end if;
    select a.* into this from message_center.operator_act as a where a.act = note_act_at_once.act;
    if (this.kind, this.filter) is distinct from (note_act_at_once.kind, meant) then
        raise exception 'act % is another one, begun on %', act, this.begun_at
            using errcode = 'invalid_parameter_value', hint = 'Give each act an id of its own.';
    end if;
    return false;
end
$$;

-- Note how many of what was meant an act has changed. Returns how many it has in all.
create or replace function message_center.note_act_done(act uuid, taken integer) returns integer
language sql
begin atomic
    update message_center.operator_act as a set done = a.done + coalesce(taken, 0) where a.act = note_act_done.act
    returning a.done::integer;
end;
