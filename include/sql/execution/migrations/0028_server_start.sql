-- Claims of before a server's start are kept for their engines for a while.
create unlogged table message_center.server_start (
    started_at timestamptz not null default pg_postmaster_start_time(),
    noticed_at timestamptz not null default clock_timestamp(),
    first_token bigint not null default nextval('message_center.claim_token_seq')
);
