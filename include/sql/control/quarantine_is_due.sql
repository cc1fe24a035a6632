-- Due when never archived, or not for three hours. Half an hour of grace: hourly runs start some seconds apart, and
-- without it a run a little early would make four hours of three.
select not exists (
    select from message_center.archive_watermark
    where account = %(account)s
        and stream = %(stream)s
        and archived_at > clock_timestamp() - interval '3 hours' + interval '30 minutes'
)
