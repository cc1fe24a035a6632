-- End what is routed, in no engine's hands, and of a stopped event type.
select message_center.ignore_stopped_events()
