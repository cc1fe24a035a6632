-- Due with each heartbeat: how long the queue is, and what steps have noted put together. Not in one statement with the
-- work: neither waits for anybody.
select message_center.sample_queue(%(queue)s), message_center.compact_statistics()
