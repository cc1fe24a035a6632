-- Each watermark has the checkpoint that its pass has left on the execution side.
alter table message_center.archive_watermark add column checkpoint uuid;
alter table message_center.execution_instance drop column checkpoint;
