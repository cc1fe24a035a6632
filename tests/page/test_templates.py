"""Templates: what is live where, who published it and why, how two versions differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX
from message_center.publication.versions import Request, record
from support.events import content
from support.shop import history, known_to_airflow

ACCOUNT, GONE, NEW = "mcTest", "mcGone", "mcNew"
TEMPLATES = f"{URL_PREFIX}/api/templates"

Connection = psycopg.Connection[Any]


@pytest.fixture
def shop(control: Connection, execution: Connection, new_database: Callable[[str], str]) -> Iterator[None]:
    """The test account with a history, one that has nothing yet, and one that cannot be reached."""
    history(control, execution, ACCOUNT)
    with (
        psycopg.connect(new_database("execution"), autocommit=True) as new,
        known_to_airflow(control, **{ACCOUNT: execution, NEW: new, GONE: None}),
    ):
        yield


def test_it_says_what_is_live_where(viewer: TestClient, execution: Connection, shop: object) -> None:
    execution.execute("select message_center.stop_event_type('password_reset', 'wrong link')")
    answer = viewer.get(TEMPLATES).json()
    order, reset = answer["templates"]
    assert (order["internal_name"], order["version"], order["requested_by"], order["comment"]) == (
        "order_confirmation", 2, "bob", "A friendlier subject"
    )  # fmt: skip
    assert (order["live"], order["behind"]) == ({ACCOUNT: 2, NEW: None}, [NEW])
    assert reset["stopped"] == {ACCOUNT: "wrong link"}
    assert list(answer["silent"]) == [GONE]


def test_an_unpublished_one_stays_to_be_seen(viewer: TestClient, control: Connection, shop: object) -> None:
    record(control, Request("unpublish", "third", "eve", "Out of season", names=["password_reset"]))
    _, reset = viewer.get(TEMPLATES).json()["templates"]
    assert (reset["version"], reset["event_type"], reset["action"], reset["behind"]) == (
        None, "password_reset", "unpublish", [ACCOUNT]
    )  # fmt: skip


def test_who_published_what_and_why(viewer: TestClient, shop: object) -> None:
    told = viewer.get(f"{TEMPLATES}/order_confirmation").json()
    assert [(row["version"], row["requested_by"], row["comment"]) for row in told] == [
        (2, "bob", "A friendlier subject"), (1, "ann", "The first ones")
    ]  # fmt: skip
    latest = viewer.get(f"{TEMPLATES}/publications", params={"limit": 1}).json()
    assert [(row["number"], row["templates"]) for row in latest] == [(2, {"order_confirmation": 2})]


def test_two_versions_side_by_side(viewer: TestClient, control: Connection, shop: object) -> None:
    changed = content(subject="Thanks", fr="Merci") | {"priority": 3}
    record(control, Request("publish", "third", "eve", None, {"order_confirmation": changed}))
    asked = {"old": 2, "new": 3}
    diff = viewer.get(f"{TEMPLATES}/order_confirmation/difference", params=asked).json()["diff"]
    assert diff.splitlines()[:2] == ["--- order_confirmation, version 2", "+++ order_confirmation, version 3"]
    for line in (
        "-priority: 0",
        "+priority: 3",
        "-Thank you for order {{ ctx.order }}",
        "+Thanks",
        "+── subject (fr) ──",
    ):
        assert line in diff.splitlines()
    assert viewer.get(f"{TEMPLATES}/order_confirmation/difference", params={"old": 2, "new": 2}).json()["diff"] == ""
    version = viewer.get(f"{TEMPLATES}/order_confirmation/versions/3").json()
    assert version["languages"]["fr"]["subject"] == "Merci"


@pytest.mark.parametrize(
    "path", ["nothing", "order_confirmation/versions/9", "order_confirmation/difference?old=1&new=9"]
)
def test_what_there_is_not_says_so(viewer: TestClient, shop: object, path: str) -> None:
    answer = viewer.get(f"{TEMPLATES}/{path}")
    assert (answer.status_code, bool(answer.json()["remedy"])) == (404, True)
