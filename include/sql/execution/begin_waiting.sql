-- Whether the window may wait: writers call it from now on.
select message_center.begin_waiting(%(workflow)s)
