-- Where a chunk lands. Made once a pass rather than once a chunk: tables made and dropped swell the catalogs.
create temporary table archive_incoming on commit delete rows as
select {columns} from archive.{target} with no data
