-- How far the chunk has come: asked here, because its bytes pass through undecoded.
select modified_xid::text, id from archive_incoming order by modified_xid desc, id desc limit 1
