-- When the server began to hold locks, as those noticed who claimed afterwards; see functions/delivery/kept.sql.
-- Unlogged on purpose: a crash empties it, as does the promotion of a replica; after a stop in order, started_at tells.
create unlogged table message_center.server_start (
    started_at timestamptz not null default pg_postmaster_start_time(),
    noticed_at timestamptz not null default clock_timestamp(),
    -- Claims of before have smaller ones.
    first_token bigint not null default nextval('message_center.claim_token_seq')
);
