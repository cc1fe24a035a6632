-- Whether this instance is that control instance's, from now on if it was nobody's.
select message_center.belong_to(%(control)s, %(take_over)s)
