-- Send nothing more to these addresses; how many that changed.
select message_center.quarantine_addresses(%(act)s, %(requested_by)s, %(reason)s, %(channel)s, %(addresses)s)
