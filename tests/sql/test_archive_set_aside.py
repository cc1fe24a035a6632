"""A row that the archive cannot take is set aside, with the reason; those beside it come, and it comes when it can."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import psycopg
import pytest

from message_center.archive import chunks
from message_center.archive.archiving import archive_stream
from message_center.archive.errors import ArchiveError, explained
from message_center.archive.purge import PURGES, purge_execution
from message_center.archive.streams import EVENTS
from message_center.archive.tasks import run_stream
from support.archive import Connection, archive_all, insert_events, same_events, value

PURGE = {"events_kept_days": 30, "delivery_logs_kept_days": 180, "archive_kept_days": 360}
SET_ASIDE = "select row_id, reason from archive.set_aside_row order by row_id"
SPOIL = "update message_center.event set external_id = %s where external_id = any(%s)"
POISON = {
    "a constraint": (
        "alter table archive.event add constraint known check (external_id not like 'bad%')",
        "alter table archive.event drop constraint known",
        "bad",
        'new row for relation "event" violates check constraint "known"',
    ),
    "an index": (
        "create index whole on archive.event (external_id)",
        "drop index archive.whole",
        secrets.token_urlsafe(8_000),
        "index row ",
    ),
    "a value": (
        "alter table archive.event add n integer generated always as (split_part(external_id, '-', 2)::int) stored",
        "alter table archive.event drop n",
        "ann@shop.example-ann@shop.example",
        "invalid text representation",
    ),
}


def ids(execution: Connection, *numbers: int) -> list[int]:
    named = [f"order-{number}" for number in numbers]
    found = execution.execute("select id from message_center.event where external_id = any(%s) order by id", [named])
    return [row[0] for row in found]


@pytest.mark.parametrize("kind", POISON)
def test_a_row_that_cannot_be_carried_is_set_aside_and_comes_when_it_can(
    execution: Connection, control: Connection, kind: str
) -> None:
    spoil, mend, poison, reason = POISON[kind]
    control.execute(spoil)
    insert_events(execution, 2_500)
    bad = [1, 2, 999, 1_000, 1_001, 1_777, 2_500]
    poisoned = ids(execution, *bad)
    execution.execute(SPOIL, [poison, [f"order-{number}" for number in bad]])

    result = archive_stream(execution, control, "mcTest", EVENTS, chunk_rows=1_000)

    assert (result.rows, result.set_aside) == (2_493, 7)
    set_aside = control.execute(SET_ASIDE).fetchall()
    assert [row[0] for row in set_aside] == poisoned
    assert all(told.startswith(f"row {id}: {reason}") for id, told in set_aside)
    assert not any("@" in told for _, told in set_aside)
    assert archive_stream(execution, control, "mcTest", EVENTS).rows == 0, "the watermark is behind them"
    assert value(control, "select row_count from message_center.archive_watermark") == 2_493

    control.execute(mend)
    since = value(control, "select min(modified_at) from archive.set_aside_row")
    assert archive_stream(execution, control, "mcTest", EVENTS, since=since).set_aside == 0
    assert control.execute(SET_ASIDE).fetchall() == []
    assert same_events(execution, control)


def test_a_row_that_changes_comes_again_by_itself(execution: Connection, control: Connection) -> None:
    control.execute(POISON["a constraint"][0])
    insert_events(execution, 10)
    execution.execute(SPOIL, ["bad", ["order-3"]])
    assert archive_stream(execution, control, "mcTest", EVENTS).set_aside == 1
    execution.execute(SPOIL, ["good", ["bad"]])
    assert archive_stream(execution, control, "mcTest", EVENTS).rows == 1
    assert control.execute(SET_ASIDE).fetchall() == []
    assert same_events(execution, control)


@pytest.mark.usefixtures("airflow_connections")
def test_what_is_set_aside_is_counted_and_not_purged(execution: Connection, control: Connection) -> None:
    control.execute(POISON["a constraint"][0])
    insert_events(execution, 10)
    execution.execute(SPOIL, ["bad", ["order-3"]])
    old = "status = 'Expired', status_reason = 'x', created_at = now() - interval '40 days'"
    execution.execute(f"update message_center.event set {old}")
    assert run_stream("mcTest", EVENTS, {})["set_aside"] == 1
    assert value(control, "select counts from message_center.workflow_heartbeat") == {
        "archive_events": 9,
        "set_aside": 1,
    }
    archive_all(execution, control)
    assert purge_execution("mcTest", PURGES[0], PURGE) == {"rows": 9}
    assert execution.execute("select external_id from message_center.event").fetchall() == [("bad",)]


def test_when_nothing_can_be_carried_the_stream_says_so(
    execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "MAX_SET_ASIDE", 10)
    control.execute("alter table archive.event add constraint none check (email is null)")
    insert_events(execution, 100)
    with pytest.raises(ArchiveError, match="more than 10 rows of this run could not be carried") as problem:
        archive_stream(execution, control, "mcTest", EVENTS)
    assert "@" not in str(problem.value)


def test_an_error_has_no_address_in_it(control: Connection) -> None:
    for query in (
        "select 'ann@shop.example'::integer",
        "insert into archive.event (id, account, archived_at, email) values (1, null, now(), 'ann@shop.example')",
        "insert into archive.set_aside_row select 'ann@shop.example', 's', 1, null, 'x' from generate_series(1, 2)",
    ):
        with pytest.raises(psycopg.Error) as problem:
            control.execute(query)
        assert "ann@" not in str(explained("mcTest", EVENTS, problem.value))


def test_a_row_of_another_account_is_not_replaced(
    execution: Connection, control: Connection, new_database: Callable[[str], str]
) -> None:
    """Both wrote before they were registered, so that their ids begin at 1."""
    insert = "insert into message_center.event (id, queue, type, email, ctx) values (%s, 'rt', 'order', %s, '{}')"
    with psycopg.connect(new_database("execution"), autocommit=True) as second:
        for connection, numbers, email in ((execution, (1, 2), "a@one.example"), (second, (2, 3), "b@two.example")):
            for number in numbers:
                connection.execute(insert, [number, email])
        archive_stream(execution, control, "mcTest", EVENTS)
        result = archive_stream(second, control, "mcOther", EVENTS)
    assert (result.rows, result.set_aside) == (1, 1)
    assert control.execute("select id, account, email from archive.event order by id").fetchall() == [
        (1, "mcTest", "a@one.example"),
        (2, "mcTest", "a@one.example"),
        (3, "mcOther", "b@two.example"),
    ]
    assert control.execute("select account, row_id, reason from archive.set_aside_row").fetchall() == [
        ("mcOther", 2, "row 2: its id is that of a row of account mcTest")
    ]


def test_a_chunk_ends_by_its_bytes(execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that grow from 200 bytes to 100 kB: what is held at once does not grow with them."""
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 1_000_000)
    held, land = [], chunks.Writer.land

    def measured(writer: chunks.Writer, blocks: list[bytes]) -> object:
        held.append(sum(map(len, blocks)))
        return land(writer, blocks)

    monkeypatch.setattr(chunks.Writer, "land", measured)
    insert_events(execution, 2_100)
    execution.execute("""
        insert into message_center.event (queue, type, email, ctx)
        select 'rt', 'order', 'a@example.com', jsonb_build_object('text', repeat(md5(n::text), 3000))
        from generate_series(1, 150) as n
    """)
    result = archive_stream(execution, control, "mcTest", EVENTS)
    assert result.rows == 2_250
    assert len(held) > 10
    assert max(held) < 1_000_000 + 100_000 + 2 * 256 * 1024
    assert same_events(execution, control)
