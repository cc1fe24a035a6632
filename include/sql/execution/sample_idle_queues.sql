-- Queues that no window works have nobody else who notes how long they are.
select message_center.sample_idle_queues(), message_center.compact_statistics()
