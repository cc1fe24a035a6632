-- Which of these events the instance has still.
select id from message_center.present_events(%(ids)s) as p (id)
