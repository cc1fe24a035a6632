"""Events: found over all instances and the archive, and acted on, one or all that match, under the user's name."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX
from support.archive import archive_all
from support.events import event, push
from support.shop import known_to_airflow

ACCOUNT, GONE = "mcTest", "mcGone"
EVENTS = f"{URL_PREFIX}/api/events"


def found(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{EVENTS}/search", json=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def acted(client: TestClient, kind: str, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{EVENTS}/{ACCOUNT}/{kind}", json={"id": str(uuid4()), "reason": "wrong price"} | asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_one_is_found_and_who_is_away_is_named(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    page = found(viewer, address="Person3@SHOP.example")
    (row,) = page["events"]
    assert (row["account"], row["status"], row["template"], row["is_live"]) == (
        ACCOUNT, "Sent", "order_confirmation", True
    )  # fmt: skip
    assert row["id"] in map(str, shop["sent"]), "an id is a text: JavaScript has no such numbers"
    assert list(page["silent"]) == [GONE]
    assert "cannot be reached" in page["silent"][GONE]["detail"]
    assert page["silent"][GONE]["remedy"]


def test_pages_go_on(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    ids, place = [], None
    while True:
        page = found(viewer, accounts=[ACCOUNT], limit=7, place=place)
        ids += [row["id"] for row in page["events"]]
        if not (place := page["place"]):
            break
    everything = sorted(id_ for some in shop.values() for id_ in some)
    assert sorted(map(int, ids)) == everything


def test_events_of_an_account_that_is_gone_are_found_in_the_archive(
    viewer: TestClient, control: psycopg.Connection, shop: dict[str, list[int]]
) -> None:
    with known_to_airflow(control):
        page = found(viewer, address="person3@shop.example")
    assert [(row["account"], row["is_live"]) for row in page["events"]] == [(ACCOUNT, False)]
    assert page["silent"] == {}


def test_without_control_what_is_live_is_found(viewer: TestClient, execution: psycopg.Connection) -> None:
    push(execution, event())
    with known_to_airflow(None, mcTest=execution):
        page = found(viewer)
    assert len(page["events"]) == 1
    assert page["archive"]["remedy"]


def test_all_that_match_are_counted_replayed_and_recorded(user: TestClient, shop: dict[str, list[int]]) -> None:
    wanted = {"statuses": ["Delivery failed"], "types": ["order_confirmation"]}
    counted = user.post(f"{EVENTS}/{ACCOUNT}/count", json=wanted).json()
    assert (counted["matching"], counted["replayable"], counted["purged"], counted["archive"]) == (1, 1, 0, None)
    progress = acted(user, "replay", filter=wanted)
    assert (progress["total"], progress["more"], progress["refused"]) == (1, False, [])
    (replayed,) = [row for row in found(user, statuses=["Pending"])["events"] if row["replay_of"]]
    assert replayed["replay_of"] == str(shop["failed"][0])
    (act,) = user.get(f"{EVENTS}/{ACCOUNT}/acts").json()
    assert (act["kind"], act["requested_by"], act["reason"], act["counted"]) == ("replay", "the user", "wrong price", 1)


def test_acts_are_told_by_the_archive_too(
    user: TestClient,
    execution: psycopg.Connection,
    control: psycopg.Connection,
    shop: dict[str, list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acted(user, "cancel", filter={"ids": shop["waiting"][:1]})
    acted(user, "cancel", filter={"ids": shop["waiting"][1:]})
    latest = user.get(f"{EVENTS}/{ACCOUNT}/acts").json()
    archive_all(execution, control, ACCOUNT)
    assert user.get(f"{EVENTS}/{ACCOUNT}/acts").json() == latest
    with known_to_airflow(control, **{ACCOUNT: None}):
        assert user.get(f"{EVENTS}/{ACCOUNT}/acts").json() == latest
    monkeypatch.delenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL")
    assert user.get(f"{EVENTS}/{ACCOUNT}/acts").json() == latest
    with known_to_airflow(None, **{ACCOUNT: None}):
        answer = user.get(f"{EVENTS}/{ACCOUNT}/acts")
        assert (answer.status_code, bool(answer.json()["remedy"])) == (503, True)


def test_what_waits_is_cancelled_and_moved(user: TestClient, shop: dict[str, list[int]]) -> None:
    later, now_one = shop["waiting"]
    assert acted(user, "reschedule", filter={"ids": [later]}, scheduled="2098-01-01T00:00:00")["total"] == 1
    progress = acted(user, "cancel", filter={"ids": [str(now_one), str(shop["sent"][0])]})
    assert progress["total"] == 1
    assert progress["refused"] == [{"id": str(shop["sent"][0]), "reason": 'it is "Sent" already, no more in the queue'}]
    statuses = {int(row["id"]): row for row in found(user, ids=shop["waiting"])["events"]}
    assert statuses[later]["scheduled"].startswith("2098-01-01T00:00:00")
    assert statuses[now_one]["status_reason"] == "cancelled by the user: wrong price"


@pytest.mark.parametrize(
    ("path", "asked", "code", "said"),
    [
        ("search", {"adress": "x"}, 422, "adress"),
        ("search", {"place": "damaged"}, 422, "damaged"),
        ("search", {"accounts": ["mcNobody"]}, 404, "no such account"),
        (f"{ACCOUNT}/cancel", {"id": str(uuid4()), "reason": "x", "filter": {}}, 422, "names nothing"),
        (f"{ACCOUNT}/cancel", {"id": str(uuid4()), "reason": "", "filter": {"types": ["x"]}}, 422, "reason"),
        (f"{GONE}/count", {}, 503, "cannot be reached"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    user: TestClient, shop: object, path: str, asked: dict[str, Any], code: int, said: str
) -> None:
    answer = user.post(f"{EVENTS}/{path}", json=asked)
    assert (answer.status_code, said in answer.json()["detail"]) == (code, True), answer.text
    assert answer.json()["remedy"]


def test_no_address_gets_into_a_log(viewer: TestClient, shop: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found(viewer, address="person3@shop.example")
    assert "person3" not in caplog.text
