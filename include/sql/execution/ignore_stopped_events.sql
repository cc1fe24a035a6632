-- Due with each heartbeat: what was being routed when its event type was stopped is found by the next look.
select message_center.ignore_stopped_events()
