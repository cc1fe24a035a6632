-- The levels of indicators, by their thresholds.

-- A level goes up at its threshold, and down only when the value is better than it by the hysteresis. What cannot be
-- measured is nothing to complain of.
create or replace function message_center.level_of(
    value float8, was message_center.level, threshold message_center.threshold
) returns message_center.level
language sql immutable
begin atomic
    select case
        when sign * value >= sign * threshold.alert * (
            case when was = 'alert' then 1 - sign * threshold.hysteresis else 1 end) then 'alert'
        when sign * value >= sign * threshold.warning * (
            case when was > 'ok' then 1 - sign * threshold.hysteresis else 1 end) then 'warning'
        else 'ok'
    end::message_center.level
    from (select case when threshold.lower_is_worse then -1 else 1 end) as direction (sign);
end;

-- The threshold of an indicator: the account's own, else that of all.
create or replace function message_center.threshold_of(account text, indicator text)
returns message_center.threshold
language sql stable
begin atomic
    select t.indicator, t.account, t.warning, t.alert, t.lower_is_worse, t.hysteresis, t.changed_at
    from message_center.threshold as t
    where t.indicator = threshold_of.indicator and t.account in ('', threshold_of.account)
    order by t.account desc
    limit 1;
end;

-- What is measured now, as its threshold has it.
create or replace function message_center.judged_indicators(now_at timestamptz)
returns table (account text, subject text, indicator text, level message_center.level, value float8)
language sql stable
begin atomic
    select i.account, i.subject, i.indicator, message_center.level_of(i.value, coalesce(s.level, 'ok'), t), i.value
    from message_center.indicators(now_at) as i
    cross join lateral message_center.threshold_of(i.account, i.indicator) as t
    left join message_center.indicator_status as s
        on s.account = i.account and s.subject = i.subject and s.indicator = i.indicator
    where t.indicator is not null and i.subject not in ('rt', 'batch');
end;

-- Bring all levels up to what is measured now. Levels of what is not looked at any more go; those of an instance that
-- is not reached stay as they were.
create or replace function message_center.judge_indicators(now_at timestamptz) returns void
language sql
begin atomic
    delete from message_center.indicator_status as s
    where not exists (
            select from message_center.judged_indicators(now_at) as j
            where j.account = s.account and j.subject = s.subject and j.indicator = s.indicator)
        and not exists (
            select from message_center.look as l
            where l.account = s.account and l.error is not null);

    insert into message_center.indicator_status as s (account, subject, indicator, level, value, since)
    select j.account, j.subject, j.indicator, j.level, j.value, now_at
    from message_center.judged_indicators(now_at) as j
    order by j.account, j.subject, j.indicator
    on conflict (account, subject, indicator) do update set
        (level, value, since) = row(
            excluded.level, excluded.value, case when s.level = excluded.level then s.since else excluded.since end);

    delete from message_center.told_level as t
    where not exists (
        select from message_center.indicator_status as s
        where s.account = t.account and s.subject = t.subject and s.indicator = t.indicator);
end;

-- Where each indicator stands, with its thresholds: for the page.
create or replace function message_center.indicator_levels()
returns table (
    account text, subject text, indicator text, level message_center.level, value float8, since timestamptz,
    warning float8, alert float8, lower_is_worse boolean
)
language sql stable
begin atomic
    select s.account, s.subject, s.indicator, s.level, s.value, s.since, t.warning, t.alert, t.lower_is_worse
    from message_center.indicator_status as s
    cross join lateral message_center.threshold_of(s.account, s.indicator) as t;
end;
