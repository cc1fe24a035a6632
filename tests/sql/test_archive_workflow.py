"""What the archiving workflow's tasks call, with real connections of both types."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from message_center.accounts.account import Account, AccountError
from message_center.archive.errors import ArchiveError
from message_center.archive.streams import DELIVERY_LOG_MESSAGES, DELIVERY_LOGS, EVENTS, QUARANTINE, STREAMS
from message_center.archive.tasks import (
    DEPLOY_TEMPLATES,
    begin_run,
    finish_run,
    idle_tasks,
    quarantine_is_due,
    run_stream,
    timestamp,
)
from message_center.publication.versions import Request, record
from support.archive import Connection, insert_events, value
from support.connections import as_airflow_sees
from support.events import content

pytestmark = pytest.mark.usefixtures("airflow_connections")

HEARTBEAT = "select {} from message_center.workflow_heartbeat where workflow = 'mcSynch' and account = 'mcTest'"


def heartbeat(control: Connection, column: str) -> Any:
    return value(control, HEARTBEAT.format(column))


def test_a_run_leaves_its_heartbeat(execution: Connection, control: Connection) -> None:
    insert_events(execution, 12)
    begin_run(Account("mcTest"), {})
    assert heartbeat(control, "last_success is null and last_start is not null")

    counts = run_stream("mcTest", EVENTS, {"since": None, "full": False, "dry_run": False})
    run_stream("mcTest", DELIVERY_LOGS, {})
    assert finish_run("mcTest", {}) == {"rows": 12}

    assert (counts["rows"], counts["chunks"]) == (12, 1)
    assert "dry_run" not in counts
    assert heartbeat(control, "counts") == {"archive_events": 12, "archive_delivery_logs": 0, "set_aside": 0}
    assert heartbeat(control, "last_success >= last_start")


def test_a_run_counts_what_has_come_for_reports(execution: Connection, control: Connection) -> None:
    insert_events(execution, 12)
    begin_run(Account("mcTest"), {})
    run_stream("mcTest", EVENTS, {})
    finish_run("mcTest", {})
    assert control.execute("select sum(events) from archive.event_count").fetchone() == (12,)
    assert value(control, "select count(*) from archive.changed_block") == 0
    execution.execute("update message_center.event set status = 'Pending delivery'")
    run_stream("mcTest", EVENTS, {})
    finish_run("mcTest", {})
    assert control.execute("select distinct status from archive.event_count").fetchall() == [("Pending delivery",)]


def test_what_a_run_that_was_cut_short_has_brought_is_counted_by_the_next(
    execution: Connection, control: Connection
) -> None:
    begin_run(Account("mcTest"), {})
    insert_events(execution, 12)
    run_stream("mcTest", EVENTS, {})
    begin_run(Account("mcTest"), {"dry_run": True})
    assert value(control, "select count(*) from archive.counted_block") == 0
    begin_run(Account("mcTest"), {})
    assert value(control, "select sum(events) from archive.counted_block") == 12


def test_that_events_cannot_be_counted_keeps_nobody_from_archiving(execution: Connection, control: Connection) -> None:
    begin_run(Account("mcTest"), {})
    insert_events(execution, 12)
    run_stream("mcTest", EVENTS, {})
    control.execute("alter table archive.counted_block rename to counted_block_away")
    begin_run(Account("mcTest"), {})
    assert heartbeat(control, "last_error is null")


def test_a_dry_run_leaves_nothing_and_tells_nobody_that_the_archive_is_fresh(
    execution: Connection, control: Connection
) -> None:
    insert_events(execution, 12)
    params = {"dry_run": True}
    begin_run(Account("mcTest"), params)
    counts = run_stream("mcTest", EVENTS, params)
    assert (counts["dry_run"], counts["rows"]) == (True, 12)
    with pytest.raises(AirflowSkipException):
        finish_run("mcTest", params)

    assert value(control, "select count(*) from message_center.workflow_heartbeat") == 0
    assert value(control, "select count(*) from archive.event") == 0


def test_an_instance_that_is_down_is_named_and_noted(
    execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = as_airflow_sees(execution, "message_center_execution", host="localhost", port=1)
    monkeypatch.setenv("AIRFLOW_CONN_MCTEST", down)

    with pytest.raises(ArchiveError) as problem:
        run_stream("mcTest", EVENTS, {})

    assert "Account mcTest, stream archive_events" in str(problem.value)
    assert "reachable" in str(problem.value)
    assert "hush-hush" not in str(problem.value)
    assert heartbeat(control, "last_error") == str(problem.value)
    assert heartbeat(control, "last_error_at is not null and last_success is null")


def test_a_timestamp_is_read_with_its_offset_or_as_utc(execution: Connection) -> None:
    assert timestamp(None) is None
    assert timestamp("") is None
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    assert timestamp("2026-03-01T12:00:00Z") == noon
    assert timestamp("2026-03-01T13:00:00+01:00") == noon
    assert timestamp("2026-03-01 12:00") == noon


def test_the_quarantine_has_its_turn_every_three_hours(control: Connection) -> None:
    assert quarantine_is_due(control, "mcTest")
    run_stream("mcTest", QUARANTINE, {})
    assert not quarantine_is_due(control, "mcTest")
    assert quarantine_is_due(control, "mcExec2")

    for age, due in (("2 hours 1 minute", False), ("2 hours 59 minutes", True)):
        control.execute(
            "update message_center.archive_watermark set archived_at = clock_timestamp() - %s::interval",
            [age],
        )
        assert quarantine_is_due(control, "mcTest") is due


ALL = {stream.name for stream in STREAMS}


def test_what_has_nothing_new_is_archived_by_the_first_task(execution: Connection, control: Connection) -> None:
    begin_run(Account("mcTest"), {})
    insert_events(execution, 12)
    assert set(idle_tasks("mcTest", {})) == ALL - {"archive_events"} | {DEPLOY_TEMPLATES}
    assert heartbeat(control, "counts") == dict.fromkeys(ALL - {"archive_events"}, 0) | {"set_aside": 0}
    archived = "select count(*) from message_center.archive_watermark where archived_at is not null"
    assert value(control, archived) == len(ALL) - 1

    run_stream("mcTest", EVENTS, {})
    assert finish_run("mcTest", {}) == {"rows": 12}

    begin_run(Account("mcTest"), {})
    assert set(idle_tasks("mcTest", {})) == ALL | {DEPLOY_TEMPLATES}
    assert finish_run("mcTest", {}) is None, "the counts are those of the latest run"


@pytest.mark.parametrize("params", [{"full": True}, {"since": "2026-03-01T12:00:00Z"}, {"dry_run": True}])
def test_what_is_asked_for_is_done_by_each_task(execution: Connection, control: Connection, params: Any) -> None:
    begin_run(Account("mcTest"), {})
    assert idle_tasks("mcTest", params) == []


def test_a_stream_goes_with_the_one_that_refers_to_its_rows(execution: Connection, control: Connection) -> None:
    begin_run(Account("mcTest"), {})
    insert_events(execution, 1)
    execution.execute(
        "insert into message_center.delivery_log (event_id, queue, wished_channel, address, status)"
        " select id, queue, 0, email, 'Sent' from message_center.event"
    )
    run_stream("mcTest", DELIVERY_LOG_MESSAGES, {})
    assert ALL - set(idle_tasks("mcTest", {})) == {
        "archive_events",
        "archive_delivery_log_messages",
        "archive_delivery_logs",
    }, "a log that comes in now may have a message that does, too"


def test_a_stream_that_cannot_be_read_is_left_to_its_own_task(execution: Connection, control: Connection) -> None:
    begin_run(Account("mcTest"), {})
    execution.execute("alter table message_center.tracking_log rename to tracking_log_away")
    idle = set(idle_tasks("mcTest", {}))
    assert ALL - idle == {"archive_tracking_urls", "archive_tracking_logs"}


def test_templates_that_an_instance_is_behind_with_are_left_to_their_task(
    execution: Connection, control: Connection
) -> None:
    begin_run(Account("mcTest"), {})
    record(
        control, Request("publish", "one", contents={"order": content()}, event_types={"order_confirmation": "Order"})
    )
    assert DEPLOY_TEMPLATES not in idle_tasks("mcTest", {})


def test_an_account_that_cannot_be_registered_leaves_its_error(
    execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", as_airflow_sees(execution, "message_center_execution"))
    with pytest.raises(AccountError, match="registered by account 'mcTest' already"):
        begin_run(Account("other"), {})
    error = value(control, "select last_error from message_center.workflow_heartbeat where account = 'other'")
    assert "Give this connection a database of its own" in error
    assert "hush-hush" not in error


def test_a_database_that_is_down_is_an_error_that_says_so(control: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    down = json.dumps(
        {"conn_type": "message_center_execution", "host": "127.0.0.1", "port": 1, "password": "hush-hush"}
    )
    monkeypatch.setenv("AIRFLOW_CONN_DOWN", down)
    with pytest.raises(AccountError, match=r"Account 'down': the database of connection 'down' cannot be reached: .*"):
        begin_run(Account("down"), {})
    assert "hush-hush" not in value(control, "select last_error from message_center.workflow_heartbeat")
