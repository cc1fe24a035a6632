-- Marks on transaction numbers are void once the numbers start over.
alter table message_center.instance add column numbering integer not null default 0;
alter table message_center.workflow_heartbeat add column watermark_numbering integer not null default 0;
