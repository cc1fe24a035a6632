select message_center.rebase_after_restore(%(max_ids)s)
