"""Archiving again from a moment or in full, and the dry run."""

from __future__ import annotations

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import EVENTS
from support.archive import Connection, again, insert_events, same_events, value


def lose_the_archive(control: Connection) -> None:
    control.execute("delete from archive.event")


def test_a_rewind_brings_what_changed_since_the_moment(execution: Connection, control: Connection) -> None:
    insert_events(execution, 30)
    archive_stream(execution, control, "mcExec1", EVENTS)
    moment = value(execution, "select clock_timestamp()")
    insert_events(execution, 12)
    archive_stream(execution, control, "mcExec1", EVENTS)
    lose_the_archive(control)

    assert archive_stream(execution, control, "mcExec1", EVENTS, since=moment).rows == 12


def test_a_rewind_to_a_moment_after_the_watermark_skips_nothing(execution: Connection, control: Connection) -> None:
    insert_events(execution, 30)
    archive_stream(execution, control, "mcExec1", EVENTS)
    with again(execution) as late:
        late.autocommit = False
        insert_events(late, 3)
        archive_stream(execution, control, "mcExec1", EVENTS)
        late.commit()
    insert_events(execution, 12)
    moment = value(execution, "select clock_timestamp()")

    assert archive_stream(execution, control, "mcExec1", EVENTS, since=moment).rows == 15
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 0
    assert same_events(execution, control)


def test_full_brings_everything_again(execution: Connection, control: Connection) -> None:
    insert_events(execution, 42)
    archive_stream(execution, control, "mcExec1", EVENTS)
    lose_the_archive(control)

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 0
    assert archive_stream(execution, control, "mcExec1", EVENTS, full=True).rows == 42
    assert same_events(execution, control)
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 0


def test_a_dry_run_counts_and_writes_nothing(execution: Connection, control: Connection) -> None:
    insert_events(execution, 42)

    assert archive_stream(execution, control, "mcExec1", EVENTS, dry_run=True).rows == 42
    assert value(control, "select count(*) from archive.event") == 0
    assert value(control, "select count(*) from message_center.archive_watermark") == 0

    archive_stream(execution, control, "mcExec1", EVENTS)
    moment = value(execution, "select clock_timestamp()")
    insert_events(execution, 5)
    assert archive_stream(execution, control, "mcExec1", EVENTS, dry_run=True).rows == 5
    assert archive_stream(execution, control, "mcExec1", EVENTS, dry_run=True, full=True).rows == 47
    assert archive_stream(execution, control, "mcExec1", EVENTS, dry_run=True, since=moment).rows == 5


def test_a_restored_database_is_archived_in_full(execution: Connection, control: Connection) -> None:
    """A dump restored into a fresh cluster: its counter is behind the watermark, a row ahead of it."""
    insert_events(execution, 42)
    archive_stream(execution, control, "mcExec1", EVENTS)
    control.execute("update message_center.archive_watermark set snapshot = '900000000:900000000:'")
    execution.execute("delete from message_center.archive_checkpoint")
    execution.execute("alter table message_center.event disable trigger stamp_modification")
    execution.execute("update message_center.event set modified_xid = '899999999' where external_id = 'order-7'")
    lose_the_archive(control)

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 42
    assert same_events(execution, control)
