-- Events are judged with one reading of their JSON, and most of their fields at once: some functions take others.
-- judge_events does not: who waits in push_events for an upgrade goes on by calling it as it was.
drop function if exists message_center.refusal_reason(jsonb, text, bigint, bigint, integer, smallint, jsonpath);
drop function if exists message_center.field_refusal_reason(jsonb);
