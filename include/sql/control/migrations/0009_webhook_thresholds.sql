-- From when on people are told of webhooks: after some minutes of failure, and once one is disabled.
insert into message_center.threshold (indicator, warning, alert, lower_is_worse, hysteresis) values
    ('webhook_failing_seconds', 600, 21600, false, 0.1),
    ('webhook_disabled', null, 1, false, 0)
on conflict (indicator, account) do nothing;
