-- A template may hand on the trace of its event.
alter table message_center.message_template add column hands_on_trace boolean not null default false;
comment on column message_center.message_template.hands_on_trace is
    'Whether an e-mail has the traceparent of its event as a header.';
-- It returns one column more. Functions come after all migrations: it may not be there yet.
drop function if exists message_center.claim_deliveries(smallint, text, interval, integer);
