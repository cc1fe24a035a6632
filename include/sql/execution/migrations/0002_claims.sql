-- Claims and outcomes that stop nobody: see functions/delivery.

-- Qualifications: no message is too long for the index, and nobody waits for another session's new one.
alter table message_center.delivery_log_message
    drop constraint delivery_log_message_failure_type_failure_reason_message_key;
create index delivery_log_message_text on message_center.delivery_log_message using hash (message);

-- Each outcome and each result of an enrichment is judged alone.
drop function message_center.judge_outcomes(text, json);
drop function message_center.finish_enrichments(json);
create type message_center.enrichment_result as (
    position integer,
    event_id bigint,
    ctx jsonb,
    error text,
    refused text
);
