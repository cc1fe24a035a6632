-- For one transaction. A migration that waits for a table makes everybody after it wait too, so it rather gives up
-- soon.
select set_config('lock_timeout', %(lock_timeout)s, true)
