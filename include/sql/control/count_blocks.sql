-- The next blocks of events that have changed, counted; how many they were.
select archive.count_blocks(%(account)s, %(max_blocks)s)
