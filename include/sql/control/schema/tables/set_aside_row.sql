-- The rows that the archive could not take, each alone, while those beside it came. A row goes from here when it has
-- come after all: when it has changed, or is brought again.
create table archive.set_aside_row (
    account text not null,
    stream text not null,
    row_id bigint not null,
    -- The row's own: "since" of a run that brings it again.
    modified_at timestamptz,
    reason text not null,
    since timestamptz not null default clock_timestamp(),
    primary key (account, stream, row_id)
);
