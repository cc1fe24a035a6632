-- What this session has looked at need not be looked at by the next one.
select message_center.save_status_watermark()
