-- Let the lock go that begin_waiting.sql took.
select message_center.end_waiting(%(workflow)s)
