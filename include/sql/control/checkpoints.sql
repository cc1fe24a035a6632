-- What the account's streams have left on its database.
select checkpoint from message_center.archive_watermark where account = %(account)s
