"""Thresholds are set for all instances or for one, by who may edit the supervision, and make sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX
from support.shop import known_to_airflow

PATH = f"{URL_PREFIX}/api/thresholds"
RATE = f"{PATH}/error_rate"
WHY = {"reason": "a quiet month"}


@pytest.fixture(autouse=True)
def known(control: psycopg.Connection) -> Iterator[None]:
    with known_to_airflow(control, mcTest=None):
        yield


def of(viewer: TestClient, account: str = "") -> tuple[Any, Any] | None:
    rows = [each for each in viewer.get(PATH).json() if (each["indicator"], each["account"]) == ("error_rate", account)]
    return (rows[0]["warning"], rows[0]["alert"]) if rows else None


def test_one_is_set_for_all_and_another_for_one_instance(user: TestClient) -> None:
    assert user.put(RATE, json={"warning": 2, "alert": 7} | WHY).status_code == 204
    assert user.put(RATE, params={"account": "mcTest"}, json={"alert": 50} | WHY).status_code == 204
    assert (of(user), of(user, "mcTest")) == ((2, 7), (None, 50))
    assert user.delete(RATE, params={"account": "mcTest"} | WHY).status_code == 204
    assert (of(user), of(user, "mcTest")) == ((2, 7), None)


def test_that_of_all_stays(user: TestClient) -> None:
    user.delete(RATE, params={"account": ""} | WHY)
    assert of(user) == (1, 5)


def test_an_alert_comes_after_its_warning(user: TestClient) -> None:
    answer = user.put(RATE, json={"warning": 7, "alert": 2} | WHY)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The alert would come before its warning.")
    assert of(user) == (1, 5)


def test_what_there_is_not_is_not_found(user: TestClient) -> None:
    assert user.put(f"{PATH}/luck", json=WHY).status_code == 404
    assert user.put(RATE, params={"account": "nobody"}, json=WHY).status_code == 404


def test_each_change_says_who_made_it_and_why(user: TestClient) -> None:
    assert user.put(RATE, json={"warning": 2}).status_code == 422, "no reason"
    user.put(RATE, json={"warning": 2, "alert": 7} | WHY)
    user.put(RATE, params={"account": "mcTest"}, json={"alert": 50, "reason": "a bad list"})
    user.delete(RATE, params={"account": "mcTest", "reason": "a good one"})
    user.delete(RATE, params={"account": "mcTest"} | WHY)
    told = [
        (each["account"], each["alert"], each["is_removed"], each["changed_by"], each["reason"])
        for each in user.get(f"{RATE}/changes", params={"account": "mcTest"}).json()
    ]
    assert told == [
        ("mcTest", None, True, "the user", "a good one"),
        ("mcTest", 50, False, "the user", "a bad list"),
        ("", 7, False, "the user", "a quiet month"),
    ]
    assert len(user.get(f"{RATE}/changes").json()) == 1
