-- What an engine has in hand already is ended by itself, with the same words as in the database.
select event_type, reason from message_center.stopped_event_types()
