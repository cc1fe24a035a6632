-- How long a try that failed waits for the next one.

-- 10 seconds after the first failure, then twice as long each time, an hour at most.
create or replace function message_center.growing_wait(failures_before integer) returns interval
language sql immutable
return least(interval '10 seconds' * 2 ^ least(failures_before, 10), interval '1 hour');

-- A wait, or up to a quarter less: what failed at one instant must not come back at one.
create or replace function message_center.with_jitter(wait interval) returns interval
language sql volatile
return wait * (0.75 + 0.25 * random());
