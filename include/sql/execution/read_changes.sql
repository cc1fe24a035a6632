-- Read for a webhook what has changed; whether there is more.
select message_center.read_changes(%(webhook)s, %(max_rows)s, %(max_waiting)s)
