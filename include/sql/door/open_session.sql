select message_center.open_session(%s, %s, %s, make_interval(secs => %s))
