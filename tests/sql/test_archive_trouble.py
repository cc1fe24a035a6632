"""Runs that are killed, blocked, doubled or refused: nothing lost, nothing doubled, the others go on."""

from __future__ import annotations

import subprocess
import sys
import time

import psycopg
import pytest

from message_center.archive.archiving import archive_stream
from message_center.archive.errors import ArchiveError, explained
from message_center.archive.streams import DELIVERY_LOGS, EVENTS
from support.archive import Connection, again, insert_events, same_events, value

ARCHIVE = """
import sys, psycopg
from message_center.archive.archiving import archive_stream
from message_center.archive.streams import EVENTS
execution, control = (psycopg.connect(dsn, autocommit=True) for dsn in sys.argv[1:])
archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000)
"""
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def wait_until(control: Connection, query: str, count: int) -> None:
    deadline = time.monotonic() + 20
    while value(control, query) != count:
        assert time.monotonic() < deadline, f"not {count}: {query}"
        time.sleep(0.02)


def test_a_run_killed_between_copy_and_commit_is_taken_up(execution: Connection, control: Connection) -> None:
    """SIGKILL while the fourth chunk is copied and not committed: it waits for a row that someone holds."""
    insert_events(execution, 5_000)
    id = value(execution, "select id from message_center.event order by modified_xid, id offset 3500 limit 1")
    with again(control) as holder, again(control) as watch:
        holder.autocommit = False
        holder.execute("insert into archive.event (id, account, archived_at) values (%s, 'x', now())", [id])
        run = subprocess.Popen([sys.executable, "-c", ARCHIVE, execution.info.dsn, control.info.dsn])
        try:
            wait_until(watch, WAITING, 1)
        finally:
            run.kill()
            run.wait()
        holder.rollback()
        wait_until(watch, OTHERS, 2)

    assert value(control, "select count(*) from archive.event") == 3_000
    assert archive_stream(execution, control, "mcExec1", EVENTS, chunk_rows=1_000).rows == 2_000
    assert same_events(execution, control)
    assert value(control, "select row_count from message_center.archive_watermark") == 5_000


def test_a_lost_execution_connection_leaves_whole_chunks(execution: Connection, control: Connection) -> None:
    insert_events(execution, 3_000)
    with again(execution) as lost:
        value(execution, "select pg_terminate_backend(%s)", lost.info.backend_pid)
        with pytest.raises(psycopg.OperationalError) as problem:
            archive_stream(lost, control, "mcExec1", EVENTS, chunk_rows=1_000)
    told = explained("mcExec1", EVENTS, problem.value)

    assert "mcExec1" in str(told)
    assert "archive_events" in str(told)
    assert "reachable" in told.remedy
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 3_000


def test_a_stream_that_fails_leaves_the_others(execution: Connection, control: Connection) -> None:
    insert_events(execution, 10)
    control.execute("drop table archive.delivery_log cascade")
    execution.execute(
        "insert into message_center.delivery_log (event_id, queue, wished_channel, address, status)"
        " values (7, 'rt', 0, 'a@example.com', 'Sent')"
    )

    with pytest.raises(psycopg.errors.UndefinedTable) as problem:
        archive_stream(execution, control, "mcExec1", DELIVERY_LOGS)

    assert "initialize_connection" in explained("mcExec1", DELIVERY_LOGS, problem.value).remedy
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 10


def test_a_locked_archive_table_is_an_error_that_says_so(
    execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("message_center.archive.chunks.LOCK_TIMEOUT", "100ms")
    insert_events(execution, 10)
    with again(control) as holder:
        holder.autocommit = False
        holder.execute("lock table archive.event in share mode")
        with pytest.raises(psycopg.errors.LockNotAvailable) as problem:
            archive_stream(execution, control, "mcExec1", EVENTS)

    assert "holds a lock" in explained("mcExec1", EVENTS, problem.value).remedy
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 10


def test_two_runs_of_one_stream_do_not_interleave(execution: Connection, control: Connection) -> None:
    insert_events(execution, 10)
    with again(control) as other:
        other.execute("select pg_advisory_lock(hashtextextended('archive mcExec1 archive_events', 0))")
        with pytest.raises(ArchiveError, match="another run"):
            archive_stream(execution, control, "mcExec1", EVENTS)
        assert archive_stream(execution, control, "mcExec2", EVENTS).rows == 10
        other.execute("select pg_advisory_unlock_all()")
    control.execute("delete from archive.event")

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 10
