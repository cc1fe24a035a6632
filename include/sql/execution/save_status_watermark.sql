-- Due with each heartbeat, for the window after this one.
select message_center.save_status_watermark()
