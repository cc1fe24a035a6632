"""The story of an event: every question of an operator has its line, with what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX
from support.archive import archive_all
from support.events import claim, deploy_template, event, log, push, route, update_event_statuses
from support.shop import history, known_to_airflow

ACCOUNT = "mcTest"
EVENT = f"{URL_PREFIX}/api/event/{ACCOUNT}"

Connection = psycopg.Connection[Any]


@pytest.fixture
def shop(control: Connection, execution: Connection) -> Iterator[dict[str, list[int]]]:
    """The test account with a history, in the archive too."""
    ids = history(control, execution, ACCOUNT)
    with known_to_airflow(control, **{ACCOUNT: execution}):
        yield ids


def story(client: TestClient, id_: int) -> dict[str, Any]:
    answer = client.get(f"{EVENT}/{id_}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def whats(told: dict[str, Any]) -> list[str]:
    return [line["what"] for line in told["lines"]]


def line(told: dict[str, Any], what: str) -> dict[str, Any]:
    (found,) = [each for each in told["lines"] if each["what"] == what]
    return dict(found)


def test_a_sent_event_from_push_to_archive(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    told = story(viewer, shop["sent"][0])
    assert whats(told) == ["pushed", "linked", "claimed", "ended", "archived"]
    linked = line(told, "linked")
    assert linked["text"] == ("Linked to order_confirmation, version 2, published by bob: A friendlier subject")
    assert linked["reason"] == "It is the only template for this event type, channel and queue."
    assert line(told, "ended")["text"] == "Sent, after one try"
    assert (told["is_live"], told["id"]) == (True, str(shop["sent"][0]))


def test_why_no_mail_came(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    failed = story(viewer, shop["failed"][0])
    assert line(failed, "ended")["reason"] == "550 5.1.1 no such user"
    assert "have the customer's address corrected" in line(failed, "ended")["remedy"]
    assert "in quarantine since" in line(failed, "quarantine")["text"]
    unknown = line(story(viewer, shop["unknown"][0]), "ended")
    assert unknown["reason"] == 'unknown event type "no_such_type"'
    assert "Publish a message template" in unknown["remedy"]
    waiting = line(story(viewer, shop["waiting"][0]), "waits")
    assert waiting["text"].startswith("Waits until 2099-01-01")
    assert waiting["remedy"] == "Move it to now, or cancel it."


def test_a_try_that_failed_says_when_the_next_one_is(viewer: TestClient, execution: Connection, shop: object) -> None:
    (id_,) = push(execution, event(email="ann@shop.example"))
    route(execution)
    claim(execution)
    later = {"status": "Pending delivery", "failure_type": "soft", "failure_reason": 5, "message": "452 4.2.2 full"}
    assert log(execution, {"event_id": id_, **later}) == []
    tried = line(story(viewer, id_), "tried")
    assert tried["text"].startswith("After one try: to be tried again at")
    assert tried["reason"] == "452 4.2.2 full"
    assert tried["remedy"] == "The mailbox is full. It is tried again by itself.", "a replay would be one too many"


def test_each_try_has_the_reply_of_the_server_and_a_bounce_comes_after_the_sending(
    viewer: TestClient, execution: Connection, control: Connection, shop: object
) -> None:
    (id_,) = push(execution, event(email="ann@shop.example"))
    route(execution)
    full = {"status": "Pending delivery", "failure_type": "soft", "failure_reason": 5}
    for reply in ("452 4.2.2 full", "452 4.2.2 still full"):
        claim(execution)
        assert log(execution, {"event_id": id_, **full, "message": reply}) == []
        execution.execute(
            "update message_center.delivery_log set retry_at = clock_timestamp() where event_id = %s", [id_]
        )
    claim(execution)
    told = story(viewer, id_)
    assert whats(told)[2:] == ["claimed", "tried", "tried", "sending"]
    assert [line["reason"] for line in told["lines"] if line["what"] == "tried"] == [
        "452 4.2.2 full", "452 4.2.2 still full"
    ]  # fmt: skip
    log(execution, {"event_id": id_, "status": "Sent"})
    bounce = {"status": "Delivery failed", "failure_type": "hard", "message": "550 5.1.1"}
    assert log(execution, {"event_id": id_, **bounce}) == []
    update_event_statuses(execution)
    told = story(viewer, id_)
    assert whats(told)[2:6] == ["claimed", "tried", "tried", "sent"]
    assert line(told, "sent")["text"] == "Sent; it bounced later"
    assert line(told, "ended")["text"] == "Delivery failed, after 3 tries"
    archive_all(execution, control, ACCOUNT)
    execution.execute("delete from message_center.delivery_log; delete from message_center.event")
    of_the_archive = story(viewer, id_)
    assert [each for each in of_the_archive["lines"] if each["what"] in ("tried", "sent")] == [
        each for each in told["lines"] if each["what"] in ("tried", "sent")
    ]


def test_opens_and_clicks(viewer: TestClient, execution: Connection, control: Connection, shop: Any) -> None:
    execution.execute("insert into message_center.tracking_url (url, label) values ('https://shop.example', 'Shop')")
    for kind, url in (("open", None), ("click", "Shop")):
        execution.execute(
            "insert into message_center.tracking_log (event_id, kind, tracking_url_id)"
            " values (%s, %s, (select id from message_center.tracking_url where label = %s))",
            [shop["sent"][0], kind, url],
        )
    archive_all(execution, control, ACCOUNT)
    told = story(viewer, shop["sent"][0])
    assert [*whats(told)[-2:], line(told, "click")["text"]] == ["open", "click", "Clicked: Shop"]


def test_who_did_what_and_what_came_of_it(user: TestClient, execution: Connection, shop: dict[str, list[int]]) -> None:
    old = shop["failed"][0]
    asked = {"id": str(uuid4()), "reason": "address corrected", "filter": {"ids": [old]}}
    assert user.post(f"{URL_PREFIX}/api/events/{ACCOUNT}/replay", json=asked).json()["total"] == 1
    act = line(story(user, old), "act")
    assert act["text"] == "Replayed by the user: address corrected"
    new = story(user, int(act["event_id"]))
    assert line(new, "pushed")["event_id"] == str(old)
    assert line(new, "act")["text"] == "Made by a replay by the user: address corrected"
    (resent,) = push(execution, event(replay_of=old))
    assert line(story(user, old), "replayed")["event_id"] == str(resent)


def test_who_did_what_is_told_when_the_instance_has_purged_it_or_is_silent(
    user: TestClient, execution: Connection, control: Connection, shop: dict[str, list[int]]
) -> None:
    replayed, (moved, cancelled) = shop["failed"][0], shop["waiting"]
    for kind, id_, more in (
        ("replay", replayed, {}),
        ("reschedule", moved, {"scheduled": "2098-01-01T00:00:00"}),
        ("cancel", cancelled, {}),
    ):
        asked = {"id": str(uuid4()), "reason": "asked by phone", "filter": {"ids": [id_]}, **more}
        assert user.post(f"{URL_PREFIX}/api/events/{ACCOUNT}/{kind}", json=asked).json()["total"] == 1
    archive_all(execution, control, ACCOUNT)
    live = [line(story(user, id_), "act") for id_ in (replayed, moved, cancelled)]
    assert [each["text"] for each in live] == [
        "Replayed by the user: asked by phone",
        "Moved to 2098-01-01T00:00:00+00:00 by the user: asked by phone",
        "Cancelled by the user: asked by phone",
    ]
    new = line(story(user, int(live[0]["event_id"])), "act")
    with known_to_airflow(control, **{ACCOUNT: None}):
        assert [line(story(user, id_), "act") for id_ in (replayed, moved, cancelled)] == live
        assert line(story(user, int(live[0]["event_id"])), "act") == new
    execution.execute("delete from message_center.operator_act_event; delete from message_center.operator_act")
    assert [line(story(user, id_), "act") for id_ in (replayed, moved, cancelled)] == live


def test_who_put_its_address_in_quarantine_and_who_released_it_is_told(
    user: TestClient, execution: Connection, control: Connection, shop: dict[str, list[int]]
) -> None:
    id_ = shop["sent"][3]
    address = story(user, id_)["address"]
    for kind, addresses in (("add", [address.upper()]), ("release", ["ann@shop.example", address])):
        for channel in (0, 1):
            asked = {"id": str(uuid4()), "reason": "asked by phone", "channel": channel, "addresses": addresses}
            answer = user.post(f"{URL_PREFIX}/api/quarantine/{ACCOUNT}/{kind}", json=asked)
            assert answer.status_code == 200, answer.text

    def acts() -> list[str]:
        return [line["text"] for line in story(user, id_)["lines"] if line["what"] == "act"]

    told = [
        "Its address was put in quarantine by the user: asked by phone",
        "Its address was released from quarantine by the user: asked by phone",
    ]
    assert acts() == told
    archive_all(execution, control, ACCOUNT)
    assert acts() == told
    with known_to_airflow(control, **{ACCOUNT: None}):
        assert acts() == told
    execution.execute("select message_center.erase_person(%s)", [address])
    archive_all(execution, control, ACCOUNT)
    assert acts() == [], "an address that was erased is nobody's"


def test_what_is_purged_is_told_from_the_archive(
    viewer: TestClient, execution: Connection, shop: dict[str, list[int]]
) -> None:
    id_ = shop["failed"][0]
    execution.execute("delete from message_center.event where id = %s", [id_])
    execution.execute("delete from message_center.delivery_log where event_id = %s", [id_])
    told = story(viewer, id_)
    assert told["is_live"] is False
    assert whats(told) == ["pushed", "linked", "claimed", "ended", "archived", "quarantine"]
    assert line(told, "archived")["text"] == "Archived; its instance has purged it since"


def test_with_one_side_away_the_other_tells(
    viewer: TestClient, control: Connection, shop: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = shop["sent"][0]
    with known_to_airflow(control, **{ACCOUNT: None}):
        told = story(viewer, id_)
        assert (list(told["silent"]), told["is_live"]) == (["instance"], False)
        assert viewer.get(f"{EVENT}/{id_}/message").json()["subject"] == "Thank you for order 2"
    monkeypatch.delenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL")
    assert list(story(viewer, id_)["silent"]) == ["archive"]


def test_of_several_templates_it_says_why_this_one(viewer: TestClient, execution: Connection, shop: object) -> None:
    vip = {"condition": "$.ctx.vip == true", "priority": 5}
    deploy_template(execution, "order_confirmation", 7, internal_name="vip_order", **vip)
    ordinary, special = push(execution, event(ctx={"order": 1, "vip": False}), event(ctx={"order": 2, "vip": True}))
    route(execution)
    route(execution)
    assert (
        "has a condition that did not hold (vip_order, version 7: " in line(story(viewer, ordinary), "linked")["reason"]
    )
    assert "has the highest priority, 5, and its condition held" in line(story(viewer, special), "linked")["reason"]


def test_the_message_is_shown_as_it_was_sent(
    viewer: TestClient, execution: Connection, shop: dict[str, list[int]]
) -> None:
    """A newer version is live by now: the one that was sent is shown, with the data that it had."""
    deploy_template(execution, "order_confirmation", 9)
    id_ = shop["sent"][3]
    message = viewer.get(f"{EVENT}/{id_}/message").json()
    order = message["ctx"]["order"]
    assert message["subject"] == f"Thank you for order {order}"
    assert dict(message["headers"])["To"] == f"person{order}@shop.example"
    assert message["text"].strip() == "Hello"
    assert message["html"] is None


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("{{ ctx.nothing }}", "'dict object' has no attribute 'nothing'"),
        # By its processor time, or by the clock of a busy machine.
        ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "takes too much|within 10 s"),
    ],
)
def test_a_message_that_cannot_be_says_why(
    viewer: TestClient, execution: Connection, shop: object, subject: str, said: str
) -> None:
    deploy_template(execution, "bad", 3)
    execution.execute("update message_center.message_template set subject = %s where internal_name = 'bad'", [subject])
    (id_,) = push(execution, event(type="bad"))
    route(execution)
    answer = viewer.get(f"{EVENT}/{id_}/message")
    assert (answer.status_code, bool(re.search(said, answer.json()["detail"]))) == (422, True), answer.text
    assert answer.json()["remedy"]


def test_without_a_template_there_is_no_message(viewer: TestClient, shop: dict[str, list[int]]) -> None:
    answer = viewer.get(f"{EVENT}/{shop['unknown'][0]}/message")
    assert (answer.status_code, answer.json()["detail"]) == (422, "The event is linked to no template.")


def test_an_event_that_is_nowhere(viewer: TestClient, shop: object) -> None:
    answer = viewer.get(f"{EVENT}/72057594037999999")
    assert (answer.status_code, bool(answer.json()["remedy"])) == (404, True)
