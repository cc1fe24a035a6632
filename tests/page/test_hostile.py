"""One bad row stops none of its neighbours: the API and the screens over data that nobody expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Route, expect

from message_center.page import sessions
from message_center.page.plugin import URL_PREFIX
from support.events import event, push
from support.page_visitor import PageVisitor
from support.shop import history, known_to_airflow

ACCOUNT, OTHER = "mcTest", "mcOther"
API = f"{URL_PREFIX}/api"
SCRIPT = "<script>alert(1)</script>\u202e\u2028'\"\\"

Connection = psycopg.Connection[Any]


@pytest.fixture
def shop(control: Connection, execution: Connection) -> Iterator[dict[str, list[int]]]:
    """An account with a history."""
    sessions.forget()
    ids = history(control, execution, ACCOUNT)
    with known_to_airflow(control, **{ACCOUNT: execution}):
        yield ids
    sessions.forget()


def answer(client: TestClient, path: str, **body: Any) -> Any:
    got = client.post(f"{API}/{path}", json=body) if body else client.get(f"{API}/{path}")
    assert got.status_code == 200, got.text
    return got.json()


def found(client: TestClient) -> dict[str, Any]:
    """Return the events that a search finds, by external id; nobody is silent."""
    told = answer(client, "events/search", limit=100)
    assert (told["silent"], told["archive"]) == ({}, None)
    return {row["external_id"]: row for row in told["events"]}


FAR = {
    "forever": "scheduled = 'infinity', process_requested_on = 'infinity'",
    "in 12,000": "scheduled = '12000-01-01', process_requested_on = '12000-01-01'",
    "before there was time": "created_at = '-infinity'",
    "before Christ": "created_at = '0044-03-15 BC'",
}


@pytest.mark.parametrize("when", FAR)
def test_an_event_of_no_time_that_python_knows(
    viewer: TestClient, execution: Connection, shop: dict[str, list[int]], when: str
) -> None:
    (id_,) = push(execution, event(external_id="far", scheduled="2099-01-01T00:00:00Z"))
    execution.execute(f"update message_center.event set {FAR[when]} where id = %s", [id_])
    there = found(viewer)
    assert {"far", "order-7"} <= there.keys()
    told = answer(viewer, f"event/{ACCOUNT}/{id_}")
    assert "pushed" in [line["what"] for line in told["lines"]]
    answer(viewer, f"event/{ACCOUNT}/{shop['sent'][0]}")


def test_an_event_whose_words_are_hostile(viewer: TestClient, execution: Connection, shop: object) -> None:
    hostile = {"type": SCRIPT, "external_id": SCRIPT * 5, "origin": SCRIPT, "language": SCRIPT, "country": SCRIPT}
    deep: Any = {}
    for _ in range(30):
        deep = {SCRIPT: [deep, None, 1e300]}
    (id_,) = push(execution, event(**hostile, ctx=deep))
    assert {SCRIPT * 5, "order-7"} <= found(viewer).keys()
    assert answer(viewer, f"event/{ACCOUNT}/{id_}")["event"]["type"] == SCRIPT


def test_an_instance_that_answers_nonsense(viewer: TestClient, execution: Connection, shop: object) -> None:
    execution.execute("delete from message_center.instance")
    with known_to_airflow(None, **{ACCOUNT: execution, OTHER: execution}):
        rows = answer(viewer, "instances?seconds=5")["instances"]
    assert {row["account"] for row in rows} == {ACCOUNT, OTHER}
    assert all("is not understood" in row["silence"]["detail"] for row in rows)


def test_statistics_that_are_no_numbers(viewer: TestClient, execution: Connection, shop: object) -> None:
    execution.execute("update message_center.statistic set queue_ms = 9e18, sending_ms = 9e18, processing_ms = 9e18")
    assert answer(viewer, f"instances/{ACCOUNT}?seconds=5")["instances"][0]["account"] == ACCOUNT
    assert answer(viewer, f"instances/{ACCOUNT}/curves")["steps"]


TEMPLATES = ("null", "[]", '"text"', "{}", '{"languages": []}', '{"languages": {"": null}, "event_type": 7}')


@pytest.mark.parametrize("content", TEMPLATES)
def test_a_template_that_is_none(viewer: TestClient, control: Connection, shop: object, content: str) -> None:
    control.execute(
        "update message_center.template_version set content = %s where internal_name = 'password_reset'", [content]
    )
    names = [row["internal_name"] for row in answer(viewer, "templates")["templates"]]
    assert names == ["order_confirmation", "password_reset"]
    assert len(answer(viewer, "templates/publications")) == 2
    assert answer(viewer, "templates/password_reset")
    assert "diff" in answer(viewer, "templates/password_reset/difference?old=1&new=1")


def test_a_look_of_the_supervision_that_is_none(viewer: TestClient, control: Connection, shop: object) -> None:
    control.execute(
        "insert into message_center.look (account, looked_at, reached_at, measures) values (%s, now(), now(), %s)",
        [ACCOUNT, '[{"subject": 1, "indicator": "pending", "value": "many"}, 7, null]'],
    )
    told = answer(viewer, "instances?seconds=5")
    assert told["instances"][0]["queues"]["rt"]["pending"] == 0


def spoiled(value: Any) -> Any:
    """Return an answer in whose lists are two rows more: one of nothings, and one of what nobody expects."""
    if isinstance(value, dict):
        return {name: spoiled(each) for name, each in value.items()}
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return value
    return [*map(spoiled, value), dict.fromkeys(value[0]), {name: {"un": "expected"} for name in value[0]}]


# The screens, and what a good row says there.
SCREENS = {
    "": ("3 for later", "Instances"),
    f"/instances/{ACCOUNT}": ("no such user", ACCOUNT),
    "/events#address=max%40shop.example": ("max@shop.example", "Events"),
    "/quarantine": ("nora@shop.example", "Quarantine"),
    "/templates": ("Our best customers get a gift", "Templates"),
    "/templates/order_confirmation": ("A friendlier subject", "order_confirmation"),
    "/reports": ("Within 20 s", "Reports"),
    "/reports?view=times": ("Processing, 50 %", "Reports"),
    "/reports?view=history": ("order_confirmation", "Reports"),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_shows_what_it_can(operator: PageVisitor, screen: str) -> None:
    words, heading = SCREENS[screen]

    def spoil(route: Route) -> None:
        got = route.fetch()
        route.fulfill(response=got, json=spoiled(got.json()))

    operator.page.route("**/message-center/api/**", spoil)
    try:
        operator.open(screen)
        expect(operator.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        expect(operator.page.get_by_text(words).first).to_be_visible()
        expect(operator.page.get_by_text("This part cannot be shown")).to_have_count(0)
    finally:
        operator.page.unroute_all(behavior="ignoreErrors")
