"""Reports: counts that add up to the archive's, times that are those of its rows, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.archive.counting import count_changed
from message_center.events.reports import harmless
from message_center.page.plugin import URL_PREFIX
from support.shop import history, known_to_airflow

ACCOUNT = "mcTest"
REPORT = f"{URL_PREFIX}/api/reports/events"
PERIOD = {"since": "2026-01-01", "until": "2026-03-01"}

# Two days, two types; each sent n seconds after its push.
ARCHIVED = """
insert into archive.event (id, account, type, status, queue, wished_channel, created_at, processed_at, archived_at)
select (1::bigint << 56) + n, 'mcTest', case when n % 4 = 0 then 'b' else 'a' end,
    case when n % 10 = 0 then 'Delivery failed' when n % 10 = 1 then 'Ignored by the delivery' else 'Sent' end, 'rt', 0,
    '2026-01-05'::timestamptz + n * interval '1 hour', '2026-01-05 00:00:01'::timestamptz + n * interval '1 hour', now()
from generate_series(0, 47) as n
"""
LOGGED = """
insert into archive.delivery_log (id, account, event_id, status, created_at, modified_at, archived_at)
select id, account, id, status, created_at + interval '2 seconds',
    created_at + (id - (1::bigint << 56)) * interval '1 second', now()
from archive.event where created_at < '2026-02-01'
"""


@pytest.fixture
def archive(control: psycopg.Connection, execution: psycopg.Connection) -> Iterator[psycopg.Connection]:
    history(control, execution, ACCOUNT)
    control.execute("delete from archive.delivery_log; delete from archive.event")
    control.execute(ARCHIVED)
    control.execute(LOGGED)
    with known_to_airflow(control, **{ACCOUNT: execution}):
        yield control


def reported(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get(REPORT, params=PERIOD | asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_a_history_by_type_and_day(viewer: TestClient, archive: psycopg.Connection) -> None:
    rows = reported(viewer)
    assert [(row["period"][:10], row["name"], row["events"]) for row in rows] == [
        ("2026-01-05", "a", 18), ("2026-01-05", "b", 6), ("2026-01-06", "a", 18), ("2026-01-06", "b", 6)
    ]  # fmt: skip
    for count in ("sent", "ignored", "failed"):
        assert sum(row[count] for row in rows) == {"sent": 38, "ignored": 5, "failed": 5}[count]


def test_the_service_level_and_the_times(viewer: TestClient, archive: psycopg.Connection) -> None:
    (row,) = reported(viewer, step="month", by="nothing", within_seconds=20)
    sent = [n for n in range(48) if n % 10 > 1]
    in_time = sum(n <= 20 for n in sent)
    assert (row["in_time"], row["service_level"]) == (in_time, pytest.approx(in_time / (38 + 5)))
    assert row["processing_seconds"][0] == pytest.approx(sorted(sent)[18] / 2 + sorted(sent)[19] / 2)
    assert (row["queue_seconds"], len(row["sending_seconds"])) == ([1, 1, 1], 3)


def test_only_what_is_asked_for(viewer: TestClient, archive: psycopg.Connection) -> None:
    assert sum(row["events"] for row in reported(viewer, types=["b"])) == 12
    assert reported(viewer, accounts=["mcOther"]) == []
    assert {row["name"] for row in reported(viewer, by="account")} == {ACCOUNT}
    assert len(reported(viewer, step="hour", types=["b"], until="2026-01-10")) == 12


def test_counts_alone(viewer: TestClient, archive: psycopg.Connection) -> None:
    counts = ("period", "name", "events", "sent", "ignored", "failed", "pending")
    with_times, without = reported(viewer), reported(viewer, times=False)
    assert [[row[name] for name in counts] for row in without] == [[row[name] for name in counts] for row in with_times]
    assert {(row["in_time"], row["service_level"], *(row["queue_seconds"] or [])) for row in without} == {(None, None)}


def test_of_many_events_the_counts_are_asked_and_the_times_are_rounded(
    viewer: TestClient, archive: psycopg.Connection
) -> None:
    exact = reported(viewer, until="2026-01-10")
    archive.execute("insert into archive.changed_block select distinct archive.block_of(id) from archive.event")
    count_changed(archive, ACCOUNT)
    archive.execute("update archive.counted_block set events = 1000000")
    rounded = reported(viewer, until="2026-01-10")
    assert {(row["is_rounded"]) for row in rounded} == {True}
    assert {(row["is_rounded"]) for row in exact} == {False}
    counts = ("period", "name", "events", "sent", "ignored", "failed", "pending", "in_time", "service_level")
    assert [[row[name] for name in counts] for row in rounded] == [[row[name] for name in counts] for row in exact]
    assert rounded[0]["queue_seconds"] == pytest.approx(exact[0]["queue_seconds"], rel=0.13)


def test_the_same_as_csv(viewer: TestClient, archive: psycopg.Connection) -> None:
    archive.execute("update archive.event set type = '=1+1' where type = 'b'")
    answer = viewer.get(f"{REPORT}.csv", params=PERIOD)
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["name"], row["events"]) for row in rows] == [("'=1+1", "6"), ("a", "18")] * 2
    assert float(rows[0]["queue_seconds_p95"]) == 1
    assert [harmless(text) for text in ("-1", "a-1", None)] == ["'-1", "a-1", ""]


@pytest.mark.parametrize(
    "asked", [{"until": "2025-01-01"}, {"step": "hour", "until": "2026-12-01"}, {"step": "year"}, {"since": "x"}]
)
def test_what_cannot_be_reported_says_so(viewer: TestClient, archive: object, asked: dict[str, str]) -> None:
    answer = viewer.get(REPORT, params=PERIOD | asked)
    assert (answer.status_code, bool(answer.json()["remedy"])) == (422, True)
