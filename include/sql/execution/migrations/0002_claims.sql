-- Claims and outcomes that stop nobody: see functions/delivery.

-- In the order in which claims, outcomes and the update of statuses lock them: else they and this lock each other out.
lock table message_center.delivery_log, message_center.delivery_log_message, message_center.delivery
    in access exclusive mode;

-- Qualifications: no message is too long for the index, and nobody waits for another session's new one.
alter table message_center.delivery_log_message
    drop constraint delivery_log_message_failure_type_failure_reason_message_key;
create index delivery_log_message_text on message_center.delivery_log_message using hash (message);

-- Each outcome and each result of an enrichment is judged alone.
drop function message_center.finish_enrichments(json);
create type message_center.enrichment_result as (
    position integer,
    event_id bigint,
    ctx jsonb,
    error text,
    refused text
);

-- No session waits for another one's claims, and what it skipped it remembers.
alter table message_center.delivery drop constraint delivery_template_id_fkey;
alter table message_center.delivery_log
    drop constraint delivery_log_delivery_id_fkey,
    drop constraint delivery_log_message_id_fkey;
alter type message_center.delivery_claim add attribute skipped bigint[];
alter type message_center.queue_claim add attribute skipped bigint[];

-- An engine at work can be told from a dead one, and a claim from an earlier one of the same event.
create sequence message_center.claim_token_seq;
create sequence message_center.claim_owner_seq as integer cycle;
alter table message_center.delivery_log
    add column claim_token bigint,
    add column owner integer;
create index delivery_log_owner on message_center.delivery_log (owner)
    where status = 'Pending delivery' and owner is not null;
alter type message_center.delivery_outcome add attribute claim_token bigint;
drop function message_center.claim_deliveries(smallint, text, interval, integer);
