-- What superviseMessageCenter looks at, compares with thresholds, and has told people.

-- From which value on an indicator is a warning, and from which an alert. Of an indicator's rows, that of the account
-- comes before that of all, whose account is empty. A threshold that is empty is none.
create table message_center.threshold (
    indicator text not null,
    account text not null default '',
    warning double precision,
    alert double precision,
    lower_is_worse boolean not null default false,
    -- By what share a value has to be better than its threshold before the level goes back.
    hysteresis double precision not null default 0.1 check (hysteresis >= 0 and hysteresis < 1),
    changed_at timestamptz not null default clock_timestamp(),
    primary key (indicator, account),
    check (case when lower_is_worse then alert <= warning else alert >= warning end)
);
insert into message_center.threshold (indicator, warning, alert, lower_is_worse, hysteresis) values
    ('pending', 100, 400, false, 0.1),
    ('error_rate', 1, 5, false, 0.1),
    ('queue_seconds', 4, 8, false, 0.1),
    ('sending_seconds', 6, 12, false, 0.1),
    ('processing_seconds', 10, 20, false, 0.1),
    ('pending_most', 100, 400, false, 0.1),
    ('pending_least', 100, 200, false, 0.1),
    ('pending_mean', 250, 450, false, 0.1),
    ('outgoing_per_hour', 18000, 15000, true, 0.1),
    ('oldest_pending_seconds_most', 60, 300, false, 0.1),
    ('quarantine_rate', 2, 5, false, 0.1),
    ('heartbeat_seconds', 60, 300, false, 0.1),
    ('archive_lag_seconds', 4500, 10800, false, 0.1),
    ('unreachable', null, 1, false, 0),
    ('run_failed', 1, null, false, 0),
    ('paused', 1, null, false, 0),
    ('webhook_failing_seconds', 600, 21600, false, 0.1),
    ('webhook_disabled', null, 1, false, 0);

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

-- The last look at each instance: an array of {"subject", "indicator", "value", "detail"}, as it was when the instance
-- was reached last; error: why it was not, if it was not.
create table message_center.look (
    account text primary key,
    looked_at timestamptz not null,
    reached_at timestamptz,
    error text,
    measures jsonb not null default '[]'
);

create type message_center.level as enum ('ok', 'warning', 'alert');

-- Where each indicator stands. subject: "all" queues, or the workflow that it is about; empty for the instance.
create table message_center.indicator_status (
    account text not null,
    subject text not null,
    indicator text not null,
    level message_center.level not null,
    value double precision,
    since timestamptz not null,
    primary key (account, subject, indicator)
);

-- What each notifier has been told last, so that none is told twice, and one that failed is told again.
create table message_center.told_level (
    notifier text not null,
    account text not null,
    subject text not null,
    indicator text not null,
    level message_center.level not null,
    told_at timestamptz not null,
    primary key (notifier, account, subject, indicator)
);
