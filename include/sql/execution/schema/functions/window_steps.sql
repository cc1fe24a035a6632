-- The counts of windows, which outlive the process that works in them.

-- Begin a window in this session, or take it up again: its steps are noted under its name from now on. Returns what
-- they have counted so far, as note_counts was given it: numbers by their sums, slowest_ms by its greatest.
create or replace function message_center.begin_window(workflow text, window_end timestamptz) returns jsonb
language plpgsql as $$
declare
    this_workflow alias for workflow;
    this_end alias for window_end;
    counted jsonb;
begin
    -- Those that are over have told their results.
    delete from message_center.window_step as s
    where s.workflow = this_workflow and s.window_end < least(this_end, clock_timestamp()) - interval '10 minutes';

    perform set_config('message_center.this_window', jsonb_build_array(this_workflow, this_end)::text, false);
    with counts as (
        select each.key, each.value
        from message_center.window_step as s
        cross join jsonb_each(s.counts) as each
        where s.workflow = this_workflow and s.window_end = this_end
    ),
    numbers (key, value) as (
        select c.key, to_jsonb(case c.key when 'slowest_ms' then max(c.value::float8) else sum(c.value::float8) end)
        from counts as c
        where jsonb_typeof(c.value) = 'number'
        group by c.key
    ),
    histograms (key, value) as (
        select b.key, jsonb_object_agg(b.bucket, b.events)
        from (
            select c.key, each.key as bucket, sum(each.value::bigint) as events
            from counts as c
            cross join jsonb_each_text(c.value) as each
            where jsonb_typeof(c.value) = 'object'
            group by c.key, each.key
        ) as b
        group by b.key
    )
    select coalesce(jsonb_object_agg(both_kinds.key, both_kinds.value), '{}') into counted
    from (table numbers union all table histograms) as both_kinds;
    return counted;
end
$$;

-- Note what a step has done, in its transaction; outside a window nothing is noted.
create or replace function message_center.note_counts(counts jsonb) returns void
language sql
begin atomic
    insert into message_center.window_step (workflow, window_end, counts)
    select this ->> 0, (this ->> 1)::timestamptz, counts
    from message_center.remembered('this_window', 'jsonb') as setting
    cross join lateral (select setting::jsonb) as parsed (this)
    where setting is not null;
end;
