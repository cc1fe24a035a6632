"""The two sides' columns may differ: an execution instance is often a version ahead, or behind."""

from __future__ import annotations

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import EVENTS
from support.archive import Connection, insert_events, value


def test_a_column_unknown_to_control_is_kept(execution: Connection, control: Connection) -> None:
    execution.execute('alter table message_center.event add "loyalty class" text, add account numeric')
    insert_events(execution, 3)
    execution.execute("""update message_center.event set "loyalty class" = 'gold', account = 12.5""")

    archive_stream(execution, control, "mcExec1", EVENTS)

    assert control.execute("select distinct account, extra from archive.event").fetchall() == [
        ("mcExec1", {"loyalty class": "gold", "account": 12.5})
    ]


def test_what_was_kept_outlives_the_column(execution: Connection, control: Connection) -> None:
    execution.execute("alter table message_center.event add loyalty_class text default 'gold'")
    insert_events(execution, 1)
    archive_stream(execution, control, "mcExec1", EVENTS)
    execution.execute("alter table message_center.event drop loyalty_class")
    execution.execute("update message_center.event set status = 'Pending delivery'")

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 1
    assert value(control, "select extra from archive.event") == {"loyalty_class": "gold"}


def test_a_column_that_execution_lacks_stays_empty(execution: Connection, control: Connection) -> None:
    execution.execute("alter table message_center.event drop country")
    insert_events(execution, 3)

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 3
    assert value(control, "select count(*) from archive.event where country is null") == 3


def test_a_column_of_another_type_is_cast(execution: Connection, control: Connection) -> None:
    execution.execute("alter table message_center.event add ordered_on date default '2026-01-31'")
    control.execute("alter table archive.event add ordered_on text")
    insert_events(execution, 1)

    archive_stream(execution, control, "mcExec1", EVENTS)

    assert value(control, "select ordered_on from archive.event") == "2026-01-31"


def test_a_status_that_control_has_never_heard_of_is_archived(execution: Connection, control: Connection) -> None:
    execution.execute("alter type message_center.event_status add value 'Read'")
    insert_events(execution, 1)
    execution.execute("alter table message_center.event disable trigger refuse_status_move")
    execution.execute("update message_center.event set status = 'Read'")

    archive_stream(execution, control, "mcExec1", EVENTS)

    assert value(control, "select status from archive.event") == "Read"
