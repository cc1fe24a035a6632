-- Limits of a call, and functions of the intake that have other parameters now.
alter table message_center.instance
    add column max_call_bytes integer not null default 67108864 check (max_call_bytes > 0),
    add column max_call_events integer not null default 100000 check (max_call_events > 0);

drop function message_center.judge_events(json, integer, smallint);
drop function message_center.parsed_events(json, jsonb);
drop function message_center.refusal_reason(jsonb, text, integer, smallint, jsonpath);

drop index message_center.delivery_log_address;
create index delivery_log_address on message_center.delivery_log (left(address, 320));
