-- The demo puts some addresses in quarantine before it pushes their events.
insert into message_center.quarantine (wished_channel, address)
values (0, %s)
on conflict (wished_channel, address) do nothing
