-- In which blocks the outcomes of events have changed: see archive_note_event_blocks.sql.
insert into archive.changed_block (block)
select distinct archive.block_of(incoming.event_id)
from archive_incoming as incoming
where incoming.event_id is not null
