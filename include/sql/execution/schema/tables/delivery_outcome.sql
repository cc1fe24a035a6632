-- What became of a claimed event, as an engine says it; refused: why it is not logged.
create type message_center.delivery_outcome as (
    position integer,
    event_id bigint,
    status message_center.event_status,
    failure_type message_center.failure_type,
    failure_reason smallint,
    message text,
    quarantine boolean,
    refused text,
    claim_token bigint
);

-- What one step of claiming found. (last_xid, last_id) is the row key at which it ended; settled counts the events that
-- need no engine any more; skipped are those that another session has locked.
create type message_center.delivery_claim as (
    claimed integer,
    claims bigint[],
    settled integer,
    last_xid xid8,
    last_id bigint,
    skipped bigint[]
);
