select to_regclass('message_center.imported_file') is not null
