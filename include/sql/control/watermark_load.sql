-- What of a stream is archived, and how far a pass that was cut short had come.
select snapshot::text, passing::text, after_xid::text, after_id, checkpoint
from message_center.archive_watermark
where account = %(account)s and stream = %(stream)s
