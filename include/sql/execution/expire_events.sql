-- End what has a template but was delivered by nobody in time.
select message_center.expire_events(%(queue)s)
