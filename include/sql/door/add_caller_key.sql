select message_center.add_caller_key(%s, %s, %s, make_interval(secs => %s))
