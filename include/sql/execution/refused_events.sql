-- Which of the events that an act named it has not taken, and why.
select event_id, reason from message_center.refused_events(%(act)s)
