-- For the session: chunks are read in the order of the index. The planner takes a row key (xid, id) for the end of
-- all rows when a single transaction wrote many, and would fetch and sort all that is left for every chunk.
select
    set_config('enable_sort', 'off', false),
    set_config('enable_seqscan', 'off', false),
    set_config('jit', 'off', false)
