select message_center.save_status_watermark()
