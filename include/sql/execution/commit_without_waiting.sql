-- For the session: what it does can be done again, so that no commit waits for the disk.
set synchronous_commit = off
