-- Let these addresses be used again; how many that changed.
select message_center.release_addresses(%(act)s, %(requested_by)s, %(reason)s, %(channel)s, %(addresses)s)
