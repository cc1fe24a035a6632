-- An instance remembers which control instance it belongs to: the first one that registers it anew.
alter table message_center.instance add column control uuid;
