-- As text: whoever reads it keeps the form of its numbers.
select message_center.event_of(%s, %s)::text
