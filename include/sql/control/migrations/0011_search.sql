-- Searches of an archive of many millions read what is rare by its index.
drop index archive.event_status;
create index event_status on archive.event (left(status, 320), id) where status <> 'Sent';
create statistics archive.event_email on left(lower(email), 320) from archive.event;
create statistics archive.event_mobile_phone on left(mobile_phone, 320) from archive.event;
create statistics archive.event_registration_token on left(registration_token, 320) from archive.event;
create statistics archive.event_external_id on left(external_id, 320) from archive.event;

-- What was tried before, which instances had for themselves until now.
alter table archive.delivery_log add column earlier_tries jsonb;
