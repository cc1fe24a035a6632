-- The bytes as they came: nothing is decoded on the way.
copy archive_incoming from stdin (format binary)
