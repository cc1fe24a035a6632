"""Instances: one row each, with its state in words; one that is away holds nobody up."""

from __future__ import annotations

from threading import Event
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Json

from message_center.page import overview
from message_center.page.plugin import URL_PREFIX
from message_center.page.side_by_side import SideBySide
from support.shop import known_to_airflow

ACCOUNT, GONE = "mcTest", "mcGone"
LOOKED_AT = """
    insert into message_center.look (account, looked_at, reached_at, measures) values (%s, now(), now(), %s)
"""
PATH = f"{URL_PREFIX}/api/instances"


def instance(viewer: TestClient, account: str = ACCOUNT) -> dict[str, Any]:
    (found,) = [
        each for each in viewer.get(PATH, params={"seconds": 5}).json()["instances"] if each["account"] == account
    ]
    return dict(found)


def problems(found: dict[str, Any]) -> str:
    return "\n".join(finding["problem"] for finding in found["findings"])


def test_an_instance_says_what_waits_and_what_is_live(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    found = instance(viewer)
    assert found["queues"]["batch"]["pending"] == 1
    assert found["queues"]["batch"]["postponed"] == 1
    assert found["queues"]["batch"]["oldest_seconds"] > 0
    assert found["queues"]["rt"] == {"pending": 0, "postponed": 0, "oldest_seconds": 0}
    assert found["templates"] == {"order_confirmation": 2, "password_reset": 1}
    assert found["archive_lag_seconds"] < 60


def test_one_that_is_away_says_so_and_the_others_are_there(viewer: TestClient, shop: object) -> None:
    found = instance(viewer, GONE)
    assert "cannot be reached" in found["silence"]["detail"]
    assert (found["state"], found.get("queues")) == ("alert", None)
    assert instance(viewer)["silence"] is None


def test_until_it_answers_there_is_what_the_supervision_saw(
    viewer: TestClient, shop: object, control: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures = [{"subject": "rt", "indicator": "pending", "value": 7}]
    control.execute(LOOKED_AT, [ACCOUNT, Json(measures)])
    may = Event()
    monkeypatch.setattr(overview, "look_at_all", SideBySide(lambda account: may.wait(30)))
    (found,) = [each for each in viewer.get(PATH).json()["instances"] if each["account"] == ACCOUNT]
    may.set()
    assert found["silence"]["is_waited_for"]
    assert found["queues"] == {"rt": {"pending": 7, "oldest_seconds": None}}
    assert found["seen_at"]
    assert "No answer" not in problems(found)


def test_a_dag_that_is_not_there_is_an_alert(viewer: TestClient, shop: object) -> None:
    assert "Airflow has no DAG" in problems(instance(viewer, GONE))


def test_without_control_the_instances_are_still_there(viewer: TestClient, execution: psycopg.Connection) -> None:
    with known_to_airflow(None, mcTest=execution):
        answer = viewer.get(PATH, params={"seconds": 5}).json()
    assert "message_center_control" in answer["control"]["detail"]
    assert answer["instances"][0]["queues"]


def test_without_accounts_there_are_none(viewer: TestClient, control: psycopg.Connection) -> None:
    with known_to_airflow(control):
        assert viewer.get(PATH).json()["instances"] == []
