-- What has a template but was claimed by nobody in time; due with each heartbeat.
select message_center.expire_events(%(queue)s)
