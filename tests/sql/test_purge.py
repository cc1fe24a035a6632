"""Purge: what is old goes, but nothing that is not archived or not at its end."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from message_center.archive.purge import ARCHIVED, PURGES, Purge, purge_archive, purge_execution
from support.archive import archive_all
from support.events import claim, deploy_template, event, log, push, route, update_event_statuses

Connection = psycopg.Connection[Any]
PARAMS = {"events_kept_days": 30, "delivery_logs_kept_days": 180, "archive_kept_days": 360}
EVENTS, DELIVERY_LOGS, TRACKING_LOGS, STATISTICS, ACT_EVENTS, ACTS = PURGES


@pytest.fixture
def sent(execution: Connection) -> list[int]:
    """Three events that are sent, and one that is pending; all pushed long ago."""
    deploy_template(execution)
    ids = push(execution, *[event(idempotency_key=f"key {n}") for n in range(3)])
    route(execution)
    claim(execution)
    log(execution, *[{"event_id": each, "status": "Sent"} for each in ids])
    update_event_statuses(execution)
    push(execution, event())
    return ids


def age(connection: Connection, days: int, *tables: str) -> None:
    """Make rows older, as if nothing had changed them since."""
    for table in tables:
        connection.execute(f"update {table} set created_at = created_at - interval '{days} days'")


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def purged(what: Purge, params: dict[str, Any] = PARAMS) -> dict[str, Any]:
    return purge_execution("mcTest", what, params)


@pytest.mark.usefixtures("airflow_connections")
def test_what_is_old_final_and_archived_goes(control: Connection, execution: Connection, sent: list[int]) -> None:
    log(execution, {"event_id": sent[0], "status": "Delivery failed", "failure_type": "hard", "message": "550"})
    update_event_statuses(execution)
    age(execution, 40, "message_center.event", "message_center.delivery_log")
    archive_all(execution, control)
    assert purged(EVENTS, {**PARAMS, "dry_run": True}) == {"dry_run": True, "rows": 3}
    assert count(execution, "message_center.event") == 4
    assert purged(EVENTS) == {"rows": 3}
    assert execution.execute("select status::text from message_center.event").fetchall() == [("Pending",)]
    assert count(execution, "message_center.idempotency_key") == 0
    assert count(control, "archive.event") == 4
    assert purged(DELIVERY_LOGS) == {"rows": 0}
    assert purged(DELIVERY_LOGS, {**PARAMS, "delivery_logs_kept_days": 30}) == {"rows": 3}
    bounced = control.execute("select earlier_tries from archive.delivery_log where earlier_tries is not null")
    assert [each["status"] for ((each,),) in bounced] == ["Sent"], "the archive keeps it"


@pytest.mark.usefixtures("airflow_connections", "sent")
def test_what_is_not_archived_stays(control: Connection, execution: Connection, sent: list[int]) -> None:
    age(execution, 40, "message_center.event")
    assert purged(EVENTS) == {"rows": 0}, "nothing is archived yet"
    archive_all(execution, control)
    assert (
        log(execution, {"event_id": sent[0], "status": "Delivery failed", "failure_type": "hard", "message": "x"}) == []
    )
    update_event_statuses(execution)
    assert purged(EVENTS) == {"rows": 2}, "the bounce is not archived yet"
    archive_all(execution, control)
    assert purged(EVENTS) == {"rows": 1}


@pytest.mark.usefixtures("airflow_connections")
def test_a_log_stays_until_its_status_is_copied(control: Connection, execution: Connection) -> None:
    deploy_template(execution)
    (id_,) = push(execution, event())
    route(execution)
    claim(execution)
    log(execution, {"event_id": id_, "status": "Sent"})
    age(execution, 200, "message_center.delivery_log")
    archive_all(execution, control)
    assert purged(DELIVERY_LOGS) == {"rows": 0}
    update_event_statuses(execution)
    # A counterexample of the model test: a bounce is a status to be copied, too.
    bounce = {"event_id": id_, "status": "Delivery failed", "failure_type": "hard", "message": "550 unknown user"}
    log(execution, bounce)
    archive_all(execution, control)
    assert purged(DELIVERY_LOGS) == {"rows": 0}
    update_event_statuses(execution)
    assert purged(DELIVERY_LOGS) == {"rows": 1}


@pytest.mark.usefixtures("airflow_connections", "sent")
def test_the_archive_keeps_a_year(control: Connection, execution: Connection) -> None:
    archive_all(execution, control)
    nothing = dict.fromkeys(ARCHIVED, 0)
    assert purge_archive("mcTest", PARAMS) == nothing
    age(control, 400, "archive.event", "archive.delivery_log")
    assert purge_archive("mcTest", {**PARAMS, "dry_run": True}) == {
        "dry_run": True, **nothing, "events": 4, "delivery_logs": 3,
    }  # fmt: skip
    assert purge_archive("another", PARAMS)["events"] == 0
    assert purge_archive("mcTest", PARAMS) == {**nothing, "events": 4, "delivery_logs": 3}


@pytest.mark.usefixtures("airflow_connections", "sent")
def test_minutes_go_with_the_events_and_days_with_the_archive(control: Connection, execution: Connection) -> None:
    execution.execute("select message_center.compact_statistics()")
    execution.execute("update message_center.statistic set minute = minute - interval '40 days'")
    assert purged(STATISTICS) == {"rows": 0}, "they are not archived yet"
    archive_all(execution, control)
    assert purged(STATISTICS) == {"rows": 1}
    assert purge_archive("mcTest", PARAMS)["statistics"] == 1
    assert count(control, "archive.statistic_day") == 1
    control.execute("update archive.statistic_day set day = day - interval '360 days'")
    assert purge_archive("mcTest", PARAMS)["statistics_by_day"] == 1


@pytest.mark.usefixtures("airflow_connections")
def test_acts_go_after_their_events_once_both_are_archived(
    control: Connection, execution: Connection, sent: list[int]
) -> None:
    replay = "select more from message_center.replay_events(%s, 'ann', 'lost', %s, %s)"
    done, under_way = uuid4(), uuid4()
    for act, events_a_pass, passes in ((done, 10, 2), (under_way, 2, 1)):
        for _ in range(passes):
            execution.execute(replay, [act, Jsonb({"ids": sent}), events_a_pass])
    execution.execute("alter table message_center.operator_act_event disable trigger stamp_modification")
    execution.execute("update message_center.operator_act_event set modified_at = modified_at - interval '200 days'")
    execution.execute(
        "update message_center.operator_act set begun_at = begun_at - interval '200 days',"
        " finished_at = finished_at - interval '200 days'"
    )
    assert purged(ACT_EVENTS) == {"rows": 0}, "they are not archived yet"
    archive_all(execution, control)
    assert purged(ACTS) == {"rows": 0}, "its events are there"
    assert purged(ACT_EVENTS) == {"rows": 3}
    assert purged(ACTS) == {"rows": 1}
    assert execution.execute("select act from message_center.operator_act").fetchall() == [(under_way,)]
    assert count(execution, "message_center.operator_act_event") == 2, "asked again, it goes on"
    assert (count(control, "archive.operator_act"), count(control, "archive.operator_act_event")) == (2, 5)
    control.execute("update archive.operator_act set begun_at = begun_at - interval '360 days'")
    control.execute("update archive.operator_act_event set modified_at = modified_at - interval '360 days'")
    gone = purge_archive("mcTest", PARAMS)
    assert (gone["acts"], gone["act_events"]) == (2, 5)


@pytest.mark.usefixtures("airflow_connections")
def test_what_is_known_of_files_goes_with_the_events_of_their_time(
    control: Connection, execution: Connection, sent: list[int]
) -> None:
    execution.execute(
        "insert into message_center.imported_file (file, begun_at, finished_at)"
        " select file, now() - days * interval '1 day', case when is_done then now() - days * interval '1 day' end"
        " from (values ('old', 40, true), ('young', 20, true), ('open', 40, false)) as f (file, days, is_done)"
    )
    archive_all(execution, control)
    purged(EVENTS)
    left = execution.execute("select file from message_center.imported_file order by file").fetchall()
    assert left == [("open",), ("young",)], "a file that is forgotten while it is open would be taken in again"
