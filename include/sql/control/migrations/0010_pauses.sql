-- A pause is told as what it is, and thresholds have a history.
insert into message_center.threshold (indicator, warning, hysteresis) values ('paused', 1, 0)
on conflict (indicator, account) do nothing;

-- Who has set a threshold, when and why; to nothing: is_removed, that of all accounts counts again.
create table message_center.threshold_change (
    id bigint generated always as identity primary key,
    changed_at timestamptz not null default clock_timestamp(),
    indicator text not null,
    account text not null,
    warning double precision,
    alert double precision,
    is_removed boolean not null default false,
    changed_by text not null,
    reason text not null
);
create index threshold_change_indicator on message_center.threshold_change (indicator, account, id);
