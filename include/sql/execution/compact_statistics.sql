-- Due with each heartbeat: what steps have noted, put together.
select message_center.compact_statistics()
