"""The two sides' columns may differ: an execution instance is often a version ahead, or behind."""

from __future__ import annotations

import pytest

from message_center.archive.archiving import archive_stream
from message_center.archive.errors import ArchiveError
from message_center.archive.streams import EVENTS, QUARANTINE
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
    execution.execute("alter table message_center.event drop traceparent")
    insert_events(execution, 3)

    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 3
    assert value(control, "select count(*) from archive.event where traceparent is null") == 3


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


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("timestamp", "timestamptz", "timestamp without time zone .* and timestamp with time zone in the archive"),
        ("timestamptz", "timestamp", "timestamp with time zone .* and timestamp without time zone"),
        ("date", "timestamptz", "date .* and timestamp with"),
        ("numeric", "integer", "numeric .* and integer"),
        ("numeric(9,3)", "numeric(9,2)", r"numeric\(9,3\) .* and numeric\(9,2\)"),
        ("bigint", "integer", "bigint .* and integer"),
        ("bigint", "double precision", "bigint .* and double precision"),
        ("double precision", "numeric", "double precision .* and numeric"),
        ("text", "varchar(40)", r"text .* and character varying\(40\)"),
        ("timestamptz", "timestamptz(0)", r"timestamp with time zone .* and timestamp\(0\) with time zone"),
        ("json", "jsonb", "json .* and jsonb"),
    ],
)
def test_no_value_changes_in_silence(
    execution: Connection, control: Connection, source: str, target: str, told: str
) -> None:
    execution.execute(f"alter table message_center.event add paid {source}")
    control.execute(f"alter table archive.event add paid {target}")
    insert_events(execution, 1)
    with pytest.raises(ArchiveError, match=f'stream archive_events: column "paid" is {told}'):
        archive_stream(execution, control, "mcExec1", EVENTS)
    assert archive_stream(execution, control, "mcExec1", QUARANTINE).rows == 0


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("smallint", "integer"), ("integer", "numeric"), ("integer", "double precision"), ("real", "double precision"),
        ("varchar(40)", "varchar(80)"), ("varchar(40)", "text"), ("varchar(40)", "varchar"),
        ("numeric(9,2)", "numeric"),
        ("numeric(9,2)", "numeric(12,3)"), ("timestamptz(0)", "timestamptz"), ("timestamp(3)", "timestamp(6)"),
        ("date", "timestamp"), ("jsonb", "json"), ("message_center.event_queue", "text"),
        ("numeric(9)", "numeric(9,0)"),
    ],
)  # fmt: skip
def test_a_wider_type_takes_all_values(execution: Connection, control: Connection, source: str, target: str) -> None:
    execution.execute(f"alter table message_center.event add paid {source}")
    control.execute(f"alter table archive.event add paid {target}")
    insert_events(execution, 2)
    assert archive_stream(execution, control, "mcExec1", EVENTS).rows == 2


def test_what_control_has_learned_goes_from_extra(execution: Connection, control: Connection) -> None:
    execution.execute("alter table message_center.event add paid integer default 7, add other integer default 8")
    insert_events(execution, 1)
    archive_stream(execution, control, "mcExec1", EVENTS)
    assert value(control, "select extra from archive.event") == {"paid": 7, "other": 8}
    control.execute("alter table archive.event add paid integer")
    execution.execute("update message_center.event set paid = 9, status = 'Pending delivery'")
    archive_stream(execution, control, "mcExec1", EVENTS)
    assert control.execute("select paid, extra from archive.event").fetchall() == [(9, {"other": 8})]
    control.execute("alter table archive.event add other integer")
    execution.execute("update message_center.event set other = 10")
    archive_stream(execution, control, "mcExec1", EVENTS)
    assert control.execute("select paid, other, extra from archive.event").fetchall() == [(9, 10, None)]


def test_a_generated_column_is_not_carried(execution: Connection, control: Connection) -> None:
    execution.execute("alter table message_center.event add upper text generated always as (upper(email)) stored")
    control.execute("alter table archive.event add initial text generated always as (left(email, 1)) stored")
    insert_events(execution, 1)
    archive_stream(execution, control, "mcExec1", EVENTS)
    assert control.execute("select initial, extra from archive.event").fetchall() == [("p", None)]
