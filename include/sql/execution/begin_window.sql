-- Begin a window, or take it up again. Returns what it has counted so far.
select message_center.begin_window(%(workflow)s, %(window_end)s)
