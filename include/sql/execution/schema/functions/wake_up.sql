-- Waking a window costs a NOTIFY, and a NOTIFY per insert costs two thirds of the intake rate. So a window that
-- waits holds an exclusive advisory lock, and a writer that gets the shared one knows that nobody waits:
--
--     writer                                    window
--     insert …                                  begin_waiting: tries for the exclusive lock
--     wake_up: tries for the shared lock          refused: a writer is at work, look again soon
--       had: nobody waits, no NOTIFY              had: look once more, then sleep until called
--       refused: a window waits, NOTIFY         end_waiting
--     commit, which ends the shared lock
--
-- There is no gap: a window cannot begin to wait while a writer that saw nobody waiting is uncommitted; and what had
-- been committed by then is found by the look that follows.
create or replace function message_center.window_waits(workflow text) returns boolean
language sql
return not pg_try_advisory_xact_lock_shared(hashtext('message_center'), hashtext(workflow));

create or replace function message_center.wake_up(workflow text) returns void
language plpgsql as $$
begin
    if message_center.window_waits(workflow) then
        perform pg_notify('message_center.' || workflow, '');
    end if;
end
$$;

create or replace function message_center.begin_waiting(workflow text) returns boolean
language sql
return pg_try_advisory_lock(hashtext('message_center'), hashtext(workflow));

create or replace function message_center.end_waiting(workflow text) returns boolean
language sql
return pg_advisory_unlock(hashtext('message_center'), hashtext(workflow));
