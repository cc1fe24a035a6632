-- Before anything is archived again: no id that the archive has may be given once more.
select message_center.rebase_after_restore(%(max_ids)s)
