-- Events are judged with one reading of their JSON, and most of their fields at once: some functions take others.
drop function if exists message_center.judge_events(json, integer, smallint);
drop function if exists message_center.refusal_reason(jsonb, text, bigint, bigint, integer, smallint, jsonpath);
drop function if exists message_center.field_refusal_reason(jsonb);
