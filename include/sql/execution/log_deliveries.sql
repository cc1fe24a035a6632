-- What became of claimed events. Returns the outcomes that were refused.
select position, event_id, reason from message_center.log_deliveries(%(engine)s, %(outcomes)s)
