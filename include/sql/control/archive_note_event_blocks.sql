-- In which blocks events have changed: they are counted anew, and until then reports look at the events themselves.
insert into archive.changed_block (block)
select distinct archive.block_of(incoming.id) from archive_incoming as incoming
