"""The two databases that all examples share: made once, emptied between them, looked at in one query."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import sql

from message_center.archive.streams import STREAMS, Stream
from model.interrupts import Interruptible
from model.model import (
    ENRICHED_TYPE,
    EXPIRED,
    FAILED,
    GREATEST_DELIVERY_TRIES,
    GREATEST_TRIES,
    IGNORED,
    NOT_TAKEN,
    SENT,
    Event,
    Log,
    Picture,
    Template,
)
from model.sessions import BEGIN_ANEW, Connection, Session, kill

Row = dict[str, Any]

ACCOUNT = "mcTest"
ENDS = (SENT, FAILED, IGNORED, NOT_TAKEN, EXPIRED)
SESSIONS = 4
EXAMPLES_BETWEEN_TRUNCATES = 25
GATED_ADDRESS = "gated@shop.example"
UNARCHIVABLE_ADDRESS = "poison@shop.example"
TICK_HOURS = 2

# A gate: while it is closed, whoever writes an event or a log of one address stands still in mid-statement, with the
# locks and the snapshot that it has. That is how one statement is made to overtake another.
PREPARE = f"""
    alter function message_center.route_range set lock_timeout = '1ms';
    update message_center.instance set
        max_tries = {GREATEST_TRIES}, max_delivery_tries = {GREATEST_DELIVERY_TRIES};
    create function gate() returns trigger language plpgsql as $$ begin
        perform pg_advisory_lock_shared(8, 8);
        perform pg_advisory_unlock_shared(8, 8);
        return new;
    end $$;
    create trigger a_gate before update on message_center.event
        for each row when (new.email = '{GATED_ADDRESS}') execute function gate();
    create trigger a_gate before insert or update on message_center.delivery_log
        for each row when (new.address = '{GATED_ADDRESS}') execute function gate();
    select message_center.deploy_enrichment('{ENRICHED_TYPE}', jsonb_build_object('kind', 'sql', 'source',
        'select id, jsonb_build_object(''points'', 100 / (ctx ->> ''n'')::integer) from events'));
"""
EXECUTION_TABLES = (
    "event", "idempotency_key", "delivery_log", "delivery", "message_template", "quarantine",
    "delivery_log_message", "tracking_log", "tracking_url", "workflow_heartbeat", "enrichment_request",
    "archive_checkpoint", "statistic", "statistic_step", "queue_sample", "webhook_message", "webhook",
    "operator_act_event", "operator_act",
)  # fmt: skip
CONTROL_TABLES = (
    "message_center.published_template", "message_center.template_version", "message_center.publication",
    "message_center.event_type", "message_center.archive_watermark", "archive.message_template",
    "archive.set_aside_row", "archive.statistic_day", "archive.changed_block",
    *(f"archive.{stream.table}" for stream in STREAMS),
)  # fmt: skip
# A row that the archive cannot take.
PREPARE_CONTROL = f"""
    alter table archive.event add constraint poison check (email <> '{UNARCHIVABLE_ADDRESS}')
"""
# A server that takes over has another identity, and numbers transactions anew: what remembers those of the old one
# remembers numbers that are far ahead.
FAR = "5000000000:5000000000:"
FAIL_OVER_EXECUTION = f"""
    update message_center.instance set database_identity = 'the old one';
    update message_center.archive_checkpoint set database_identity = 'the old one';
    update message_center.workflow_heartbeat set watermark = '{FAR}' where watermark is not null;
    update message_center.webhook set seen = '{FAR}' where seen is not null;
    update message_center.webhook set passing = '{FAR}' where passing is not null;
    update message_center.webhook set was_seen = '{FAR}' where was_seen is not null;
"""
FAIL_OVER_CONTROL = f"""
    update message_center.archive_watermark set snapshot = '{FAR}' where snapshot is not null;
    update message_center.archive_watermark set passing = '{FAR}' where passing is not null;
"""
EMPTY_EXECUTION = (
    ";".join(f"delete from message_center.{table}" for table in EXECUTION_TABLES)
    + f"""
    ; delete from message_center.event_type where name <> '{ENRICHED_TYPE}'
    ; update message_center.event_type set stopped_at = null, stopped_reason = null
    ; update message_center.instance set database_identity = message_center.database_identity()
    ; select message_center.record_heartbeat('updateEventStatus', 'start', clock_timestamp())
"""
)
EMPTY_CONTROL = ";".join(f"delete from {table}" for table in CONTROL_TABLES)
TRUNCATE_EXECUTION = "truncate " + ", ".join(f"message_center.{table}" for table in EXECUTION_TABLES)
TRUNCATE_CONTROL = "truncate " + ", ".join(CONTROL_TABLES)

LOOK = """
    select
        extract(epoch from clock_timestamp())::float8,
        (select coalesce(json_agg(json_build_array(
            e.id, e.queue, e.type, e.wished_channel, case e.wished_channel when 0 then e.email else e.mobile_phone end,
            e.language, e.ctx -> 'n', extract(epoch from e.expiration)::float8, e.status, e.status_reason,
            e.template_id, e.error_count, extract(epoch from e.process_requested_on)::float8,
            e.enriched_at is not null, extract(epoch from e.created_at)::float8)), '[]')
            from message_center.event as e),
        (select coalesce(json_agg(json_build_array(
            l.event_id, l.wished_channel, l.address, l.status, l.engine, l.tries,
            extract(epoch from l.retry_at)::float8, m.message, extract(epoch from l.created_at)::float8,
            l.owner)), '[]')
            from message_center.delivery_log as l
            left join message_center.delivery_log_message as m on m.id = l.message_id),
        (select coalesce(json_agg(json_build_array(q.wished_channel, q.address)), '[]')
            from message_center.quarantine as q),
        (select coalesce(json_agg(json_build_array(
            t.id, t.internal_name, t.version, t.queue, t.language, t.event_type, t.wished_channel, t.priority,
            t.condition, extract(epoch from t.published_at)::float8)), '[]')
            from message_center.message_template as t where t.unpublished_at is null),
        (select coalesce(json_agg(json_build_array(y.name, y.stopped_reason)), '[]')
            from message_center.event_type as y)
"""
# The clock goes on for everything that is committed and that nobody holds: what lies in the future comes nearer, what
# lies in the past is longer ago. Rows are moved without a trace, as time leaves none; the archive's copies with them.
TIMES = {
    "event": ("created_at", "scheduled", "expiration", "process_requested_on"),
    "delivery_log": ("created_at", "retry_at"),
    "tracking_log": ("logged_at",),
}
BACK = {
    table: ", ".join(f"{column} = {column} - interval '{TICK_HOURS} h'" for column in columns)
    for table, columns in TIMES.items()
}
MOVE = {
    table: f"""
        with free as (select id from message_center.{table} for update skip locked)
        update message_center.{table} as moved set {back}
        from free where free.id = moved.id
        returning moved.id
    """
    for table, back in BACK.items()
}
MOVE_ARCHIVED = {table: f"update archive.{table} set {back} where id = any(%s)" for table, back in BACK.items()}
MOVE_WEBHOOKS = "; ".join(
    f"update message_center.{table} set "
    + ", ".join(f"{column} = {column} - interval '{TICK_HOURS} h'" for column in columns)
    for table, columns in {
        "webhook": ("retry_at", "failing_since", "disabled_at", "removed_at"),
        "webhook_message": ("retry_at", "failing_since", "told_at", "given_up_at"),
    }.items()
)
# A pause that is about to end may do so before the window looks: a minute is longer than that takes.
LISTENING = """
    select name from message_center.webhook
    where disabled_at is null and (retry_at is null or retry_at <= clock_timestamp() + interval '1 minute')
"""
UNTOLD = """
    select to_jsonb(m) from message_center.webhook_message as m
    where m.told_at is null and m.given_up_at is null
        and exists (select from message_center.event as e where e.id = m.event_id)
"""
END_WAITS = """
    update message_center.webhook set retry_at = null where retry_at is not null;
    update message_center.webhook_message set retry_at = null where retry_at is not null and told_at is null;
"""
MOVE_CURSOR = """
    select message_center.save_cursor(message_center.cursor_name(q.name), row(c.seen, c.passing, c.after_xid,
        c.after_id, c.due_at - interval '1 h' * %s, c.due_id)::message_center.queue_cursor)
    from unnest('{rt,batch}'::text[]) as q (name)
    cross join lateral message_center.load_cursor(message_center.cursor_name(q.name)) as c
"""
ROWS = sql.SQL("select id, to_jsonb(t) - '{{account,archived_at,extra,claim_token,owner}}'::text[] from {} as t")
SET_ASIDE = "select row_id from archive.set_aside_row where stream = %s"


NOTED = """
    select queue::text, sum(events_in), sum(sent) - sum(bounced), sum(failed) + sum(bounced), sum(ignored),
        sum(not_taken_into_account), sum(expired)
    from message_center.statistic_parts('-infinity')
    group by queue
    having sum(events_in) > 0
"""
FAULTS = """
    select 'a log whose delivery is of another template', l.event_id
    from message_center.delivery_log as l
    join message_center.event as e on e.id = l.event_id
    left join message_center.delivery as d on d.id = l.delivery_id
    where d.template_id is distinct from e.template_id
    union all
    select 'a template that was never there', e.id
    from message_center.event as e
    left join message_center.message_template as t
        on t.id = e.template_id and t.queue = e.queue and t.event_type = e.type and t.wished_channel = e.wished_channel
    where e.template_id is not null and t.id is null
    union all
    select 'a key without its event', k.event_id
    from message_center.idempotency_key as k
    left join message_center.event as e on e.id = k.event_id and e.idempotency_key = k.key
    where e.id is null
    union all
    select 'an event whose key is not kept', e.id
    from message_center.event as e
    left join message_center.idempotency_key as k on k.event_id = e.id and k.key = e.idempotency_key
    where e.idempotency_key is not null and k.key is null
"""


def look(connection: Connection) -> Picture:
    """Return what a session sees of an execution instance."""
    row = connection.execute(LOOK).fetchone()
    assert row is not None
    now, events, logs, quarantine, templates, types = row
    return Picture(
        now,
        {each[0]: Event(*each) for each in events},
        {each[0]: Log(*each) for each in logs},
        frozenset((channel, address) for channel, address in quarantine),
        {each[0]: Template(*each) for each in templates},
        dict(types),
    )


def connect(uri: str) -> Connection:
    """Open a session that commits each statement."""
    return psycopg.connect(uri, autocommit=True)


@dataclass
class World:
    """An execution and a control database with some sessions, for one example after the other."""

    execution_uri: str
    control_uri: str
    examples: int = 0
    gate_is_closed: bool = False
    sessions: list[Session] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.observer = connect(self.execution_uri)
        self.observer.execute(PREPARE)
        self.control = connect(self.control_uri)
        self.control.execute(PREPARE_CONTROL)
        self.deployer = connect(self.control_uri)
        self.archive_execution = self.connect_archive()
        self.archive_control = Interruptible.connect(self.control_uri, autocommit=True)
        self.mover = connect(self.execution_uri)
        self.mover.execute("set session_replication_role = replica")
        self.sessions = [Session(self.execution_uri) for _ in range(SESSIONS)]
        self.loop = asyncio.new_event_loop()
        self.telling = self.loop.run_until_complete(
            psycopg.AsyncConnection.connect(self.execution_uri, autocommit=True)
        )

    def connect_archive(self) -> Connection:
        """Open the session of archiving runs, which waits for nobody."""
        connection = connect(self.execution_uri)
        connection.execute("set lock_timeout = '20ms'")
        return connection

    def empty(self) -> None:
        """Make everything as it was before the first example, quickly."""
        if self.examples % EXAMPLES_BETWEEN_TRUNCATES == 0:
            self.observer.execute(TRUNCATE_EXECUTION)
            self.control.execute(TRUNCATE_CONTROL)
        self.examples += 1
        self.observer.execute(EMPTY_EXECUTION)
        self.control.execute(EMPTY_CONTROL)
        for session in self.sessions:
            session.forget()
        self.loop.run_until_complete(self.begin_telling_anew())

    def close_gate(self) -> None:
        """Stop whoever writes the gated address from now on."""
        self.observer.execute("select pg_advisory_lock(8, 8)")
        self.gate_is_closed = True

    def open_gate(self) -> None:
        """Let them go on."""
        if self.gate_is_closed:
            self.observer.execute("select pg_advisory_unlock(8, 8)")
            self.gate_is_closed = False

    def unlocked(self, table: str) -> set[int]:
        """Return the ids of the rows of a table that no transaction holds."""
        query = f"select id from message_center.{table} for update skip locked"
        return {row[0] for row in self.observer.execute(query).fetchall()}

    def tick(self) -> None:
        """Let the clock go on by a few hours."""
        for table in TIMES:
            moved = self.mover.execute(MOVE[table]).fetchall()
            self.control.execute(MOVE_ARCHIVED[table], [[id for (id,) in moved]])
        self.mover.execute(MOVE_WEBHOOKS)

    def kill_archive_control(self) -> None:
        """The archiving run loses its session on the control instance."""
        kill(self.archive_control, self.control)
        self.lost.append("control")

    def kill_archive_execution(self) -> None:
        """The archiving run loses its session on the execution instance."""
        kill(self.archive_execution, self.observer)
        self.lost.append("execution")

    def reconnect(self) -> None:
        """Give the next archiving run what the last one has lost."""
        if "execution" in self.lost:
            self.archive_execution.close()
            self.archive_execution = self.connect_archive()
        if "control" in self.lost:
            self.archive_control.close()
            self.archive_control = Interruptible.connect(self.control_uri, autocommit=True)
        self.lost.clear()

    def lose_archive(self, table: str, since: datetime | None, kept: Iterable[int]) -> None:
        """Lose what the archive has of a table since some moment, or all of it; but keep some rows."""
        query = f"delete from archive.{table} where (%s::timestamptz is null or modified_at >= %s) and not id = any(%s)"
        self.control.execute(query, [since, since, list(kept)])

    def set_aside(self, stream: Stream) -> set[int]:
        """Return the ids of the rows that the archive could not take."""
        return {id for (id,) in self.control.execute(SET_ASIDE, [stream.name]).fetchall()}

    def erase_archived(self, address: str) -> None:
        """Erase a person in the archive."""
        self.control.execute("select archive.erase_person(%s)", [address])

    def fail_over(self) -> None:
        """Let another server take over. All sessions have to be new ones."""
        self.observer.execute(FAIL_OVER_EXECUTION)
        self.control.execute(FAIL_OVER_CONTROL)

    async def begin_telling_anew(self) -> None:
        """Let the session that tells webhooks be another one."""
        await self.telling.execute(BEGIN_ANEW)

    async def settled(self) -> None:
        """Let all that is under way come to where it waits for somebody."""
        for _ in range(5):
            await asyncio.sleep(0)

    def clock(self) -> datetime:
        """Return the time of the database."""
        row = self.observer.execute("select clock_timestamp()").fetchone()
        assert row is not None
        return cast("datetime", row[0])

    def listening(self) -> set[str]:
        """Return the webhooks that may be told something now."""
        return {name for (name,) in self.observer.execute(LISTENING).fetchall()}

    def changed_since(self, since: datetime) -> list[int]:
        """Return the events that have changed since a moment."""
        query = "select id from message_center.event where modified_at >= %s"
        return [id for (id,) in self.observer.execute(query, [since]).fetchall()]

    def end_waits(self) -> None:
        """Let all be due that is to be told again."""
        self.observer.execute(END_WAITS)

    def untold(self) -> list[Any]:
        """Return what waits to be told."""
        return self.observer.execute(UNTOLD).fetchall()

    def given_up(self, webhook: str) -> set[int]:
        """Return the events of which a webhook is told nothing more."""
        query = "select event_id from message_center.webhook_message where webhook = %s and given_up_at is not null"
        return {id for (id,) in self.observer.execute(query, [webhook]).fetchall()}

    def noted_statuses(self) -> dict[str, Counter[str]]:
        """Return how many events of each queue came to which end, as the steps have noted it."""
        noted = {}
        for queue, events_in, *became in self.observer.execute(NOTED):
            noted[queue] = +Counter(dict(zip(ENDS, map(int, became), strict=True)))
            assert noted[queue].total() == events_in, f"{queue}: {events_in} in, and {noted[queue]}"
        return noted

    def faults(self) -> list[Any]:
        """Return what is not as it should be in rows that nobody else looks at."""
        return self.observer.execute(FAULTS).fetchall()

    def close(self) -> None:
        """Let all connections go."""
        self.open_gate()
        for session in self.sessions:
            session.close()
        self.loop.run_until_complete(self.telling.close())
        self.loop.close()
        for connection in (
            self.observer, self.mover, self.control, self.deployer, self.archive_execution, self.archive_control
        ):  # fmt: skip
            connection.close()

    def rows(self, table: str) -> dict[int, Row]:
        """Return what is committed in a table of the execution instance, by id."""
        return dict(self.observer.execute(ROWS.format(sql.Identifier("message_center", table))).fetchall())

    def archived_rows(self, table: str) -> dict[int, Row]:
        """Return the same of the archive."""
        return dict(self.control.execute(ROWS.format(sql.Identifier("archive", table))).fetchall())
