-- Whether the schema is there at all: a new account's database is empty.
select to_regclass('message_center.instance') is not null
