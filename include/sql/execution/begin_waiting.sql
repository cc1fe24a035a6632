-- Hold the lock that tells writers to call: see wake_up.
select message_center.begin_waiting(%s)
