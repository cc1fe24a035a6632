-- How many events a filter means, and how many of them each act would take.
select matching, replayable, replayed_before, pending from message_center.count_events(%(filter)s)
