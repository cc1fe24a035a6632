"""Which rows a stream brings: the new and the changed ones, each once, late commits included."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from message_center.archive.archiving import archive_stream
from message_center.archive.chunks import Reader, Writer, carry
from message_center.archive.columns import columns
from message_center.archive.passes import plan
from message_center.archive.streams import DELIVERY_LOG_MESSAGES, DELIVERY_LOGS, EVENTS, QUARANTINE, STREAMS, Stream
from support.archive import Connection, again, insert_events, same_events, value


def test_a_cold_archive_brings_everything_with_its_account(execution: Connection, control: Connection) -> None:
    insert_events(execution, 2_500)

    result = archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000)

    assert (result.rows, result.chunks) == (2_500, 3)
    assert same_events(execution, control)
    assert control.execute("select distinct account from archive.event").fetchall() == [("mcExec1",)]


def test_every_stream_of_an_empty_instance_is_archived(execution: Connection, control: Connection) -> None:
    for stream in STREAMS:
        assert archive_stream(execution, control, "mcExec1", stream).rows == 0
    assert value(control, "select count(*) from message_center.archive_watermark where archived_at is not null") == len(
        STREAMS
    )


def test_logs_their_messages_and_the_quarantine_arrive(execution: Connection, control: Connection) -> None:
    execution.execute(
        """
        with message as (
            insert into message_center.delivery_log_message (failure_type, failure_reason, message)
            values ('hard', 1, 'no such user') returning id
        ), log as (
            insert into message_center.delivery_log
                (event_id, queue, wished_channel, address, status, message_id)
            select 7, 'rt', 0, 'gone@example.com', 'Delivery failed', id from message
        )
        insert into message_center.quarantine (wished_channel, address, message_id)
        select 0, 'gone@example.com', id from message
        """
    )
    for stream in (DELIVERY_LOG_MESSAGES, DELIVERY_LOGS, QUARANTINE):
        assert archive_stream(execution, control, "mcExec1", stream).rows == 1

    assert control.execute(
        """
        select log.status, message.failure_type, message.failure_reason, quarantine.address
        from archive.delivery_log as log
        join archive.delivery_log_message as message on message.id = log.message_id
        join archive.quarantine as quarantine on quarantine.address = log.address
        """
    ).fetchall() == [("Delivery failed", "hard", 1, "gone@example.com")]


def test_only_changed_rows_come_again(execution: Connection, control: Connection) -> None:
    insert_events(execution, 1_000)
    archive_stream(execution, control, "mcExec1", EVENTS)
    execution.execute("update message_center.event set status = 'Pending delivery' where queue = 'batch'")

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 200
    assert same_events(execution, control)
    assert value(control, "select count(*) from archive.event where status = 'Pending delivery'") == 200


def test_nothing_new_brings_nothing(execution: Connection, control: Connection) -> None:
    insert_events(execution, 100)
    archive_stream(execution, control, "mcExec1", EVENTS)
    written = control.execute("select id, archived_at from archive.event").fetchall()

    result = archive_stream(execution, control, "mcExec1", EVENTS)

    assert (result.rows, result.chunks) == (0, 0)
    assert control.execute("select id, archived_at from archive.event").fetchall() == written


def test_a_transaction_that_commits_late_is_not_skipped(execution: Connection, control: Connection) -> None:
    with again(execution) as late:
        late.autocommit = False
        insert_events(late, 10)
        insert_events(execution, 20)
        assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 20
        insert_events(execution, 5)
        assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 5
        late.commit()

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 10
    assert same_events(execution, control)
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 0


def test_rows_that_change_during_a_pass_come_with_the_next(execution: Connection, control: Connection) -> None:
    """A pass cut after its first chunk, then a change to a row on either side of the cut."""
    insert_events(execution, 3_000)
    cut_after_first_chunk(execution, control)
    execution.execute(
        "update message_center.event set status = 'Pending delivery' where external_id in ('order-1', 'order-2999')"
    )

    archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000)
    archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000)

    assert same_events(execution, control)


def test_a_commit_behind_the_place_that_a_pass_has_reached_comes_with_the_next(
    execution: Connection, control: Connection
) -> None:
    """Why the watermark is the snapshot that a pass set out with, not one taken at its end."""
    with again(execution) as late:
        late.autocommit = False
        insert_events(late, 10)
        insert_events(execution, 3_000)
        cut_after_first_chunk(execution, control)
        late.commit()

    assert archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000).rows == 2_000
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 10
    assert same_events(execution, control)


def cut_after_first_chunk(execution: Connection, control: Connection) -> None:
    archive_pass = plan(execution, control, "mcExec1", EVENTS, None, False)
    carried = columns(execution, control, EVENTS)
    reader = Reader(execution, archive_pass, carried, archive_pass.ranges(execution), 1_000)
    next(carry(reader, Writer(control, "mcExec1", archive_pass, carried)))


def test_two_accounts_side_by_side_do_not_deadlock(
    execution: Connection, control: Connection, new_database: Callable[[str], str]
) -> None:
    """Both bring new rows and change rows that are there, several times over, in small chunks."""
    with psycopg.connect(new_database("execution"), autocommit=True) as second, again(control) as beside:
        second.execute("select message_center.register_instance('mcExec2', 2::smallint)")
        runs = [("mcExec1", execution, control), ("mcExec2", second, beside)]

        def archive(run: tuple[str, Connection, Connection]) -> int:
            account, instance, archive = run
            brought = 0
            for _ in range(5):
                insert_events(instance, 500)
                instance.execute("update message_center.event set error_count = error_count + 1")
                brought += archive_stream(instance, archive, account, EVENTS, chunk_rows=100).rows
            return brought

        with ThreadPoolExecutor(2) as side_by_side:
            assert list(side_by_side.map(archive, runs)) == [7_500, 7_500]

    counted = "select account, count(*) from archive.event where error_count > 0 group by 1 order by 1"
    assert control.execute(counted).fetchall() == [("mcExec1", 2_500), ("mcExec2", 2_500)]


@pytest.mark.parametrize("stream", STREAMS)
def test_rows_written_while_other_triggers_do_not_fire_are_archived(
    execution: Connection, control: Connection, stream: Stream
) -> None:
    """As a logical subscription writes them, or a restore: with transaction ids of another database, or none of now."""
    write = {
        "event": "(id, queue, type, email, ctx, modified_xid) values (7, 'rt', 'order', 'a@b.example', '{}', '3')",
        "delivery_log_message": "(id, failure_type, message, modified_xid) values (7, 'hard', 'x', '3')",
        "delivery_log": "(id, event_id, queue, wished_channel, address, status, modified_xid)"
        " values (7, 7, 'rt', 0, 'a@b.example', 'Sent', '3')",
        "tracking_url": "(id, url, modified_xid) values (7, 'https://a.example', '3')",
        "tracking_log": "(id, event_id, kind, modified_xid) values (7, 7, 'open', '3')",
        "quarantine": "(id, wished_channel, address, modified_xid) values (7, 0, 'A@b.example', '3')",
        "statistic": "(id, minute, queue, modified_xid) values (7, now(), 'rt', '3')",
        "operator_act": "(id, act, kind, requested_by, reason, filter, counted, last_id, modified_xid)"
        " values (7, gen_random_uuid(), 'cancel', 'ann', 'x', '{}', 1, 7, '3')",
        "operator_act_event": "(id, act, event_id, modified_xid) values (7, gen_random_uuid(), 7, '3')",
    }[stream.table]
    archive_stream(execution, control, "mcExec1", stream)
    execution.execute("set session_replication_role = replica")
    execution.execute(f"insert into message_center.{stream.table} {write}")
    assert archive_stream(execution, control, "mcExec1", stream).rows == 1
    execution.execute(f"update message_center.{stream.table} set modified_xid = '3'")
    assert archive_stream(execution, control, "mcExec1", stream).rows == 1
