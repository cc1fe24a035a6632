-- For one transaction: not to wait forever behind somebody's lock, and to sort a chunk without touching the disk.
select set_config('lock_timeout', %(lock)s, true), set_config('work_mem', %(sort)s, true)
