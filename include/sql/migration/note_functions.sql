-- Until their text changes, the functions need not be applied again.
update message_center.schema_state set functions_digest = %(digest)s where only_row
