-- The first statement of a session: a role may have a timeout that pin.sql would not outlive.
set statement_timeout = 0
