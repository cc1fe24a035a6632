-- Make the next run of each stream bring everything, and say why.
with forgotten as (
    delete from message_center.archive_watermark where account = %(account)s
)
update message_center.execution_instance
set resynchronised_at = clock_timestamp(), resynchronised_reason = %(reason)s
where account = %(account)s
