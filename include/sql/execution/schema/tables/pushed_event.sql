-- An event on its way in.
create type message_center.pushed_event as (
    position integer,
    event jsonb,
    id bigint,
    reason text,
    is_known boolean
);
