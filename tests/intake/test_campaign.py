"""The door for callers of Campaign's REST API: they change the host name, and nothing else."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from support.doors import BASE, add_caller, bearer
from support.events import deploy_template, route

Connection = psycopg.Connection[Any]
PUSH = "/geometrixx/campaign/mcgeometrixx/EVTcartAbandonment"
SENT = {
    "email": "jack@example.com",
    "scheduled": "2017-12-01 08:00:00.768Z",
    "expiration": "2037-12-31 08:00:00.768Z",
    "ctx": {"cartAmount": "$ 125", "firstName": "Jack"},
}


@pytest.mark.parametrize("path", [PUSH, "/campaign/mcgeometrixx/EVTcartAbandonment"])
async def test_an_event_is_pushed_and_read_in_campaigns_words(
    instance: Connection, door: httpx.AsyncClient, path: str
) -> None:
    headers = bearer(add_caller(instance))
    pushed = (await door.post(path, json=SENT, headers=headers)).json()
    key = pushed["PKey"]
    told = {"PKey": key, "href": f"{BASE}{path}/{key}", "serverUrl": BASE, "type": "EVTcartAbandonment"}
    assert pushed == {**SENT, **told, "status": "pending"}
    read = (await door.get(pushed["href"], headers=headers)).json()
    assert {**read, "scheduled": SENT["scheduled"], "expiration": SENT["expiration"]} == {
        **pushed,
        "wishedChannel": 0,
    }
    deploy_template(instance, "EVTcartAbandonment")
    route(instance)
    assert (await door.get(pushed["href"], headers=headers)).json()["status"] == "processing"


@pytest.mark.parametrize(
    ("channel", "code"),
    [("mobile", 1), ("SMS", 1), ("android", 42), (41, 41), (None, 0), ("email", 0), ("0", 0), ("42", 42)],
)
async def test_a_channel_is_told_by_its_word_or_its_code(
    instance: Connection, door: httpx.AsyncClient, channel: Any, code: int
) -> None:
    headers = bearer(add_caller(instance))
    addresses = {"email": "jack@example.com", "mobilePhone": "+33600000000", "registrationToken": "t"}
    sent = {**addresses, "wishedChannel": channel, "ctx": {}}
    assert (await door.post(PUSH, json=sent, headers=headers)).status_code == 200
    assert instance.execute("select wished_channel from message_center.event").fetchall() == [(code,)]


async def test_who_has_no_address_but_a_phone_number_gets_a_text_message(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    """As it is over there: without a wishedChannel, e-mail comes first."""
    sent = {"mobilePhone": "+33600000000", "ctx": {}}
    pushed = await door.post(PUSH, json=sent, headers=bearer(add_caller(instance)))
    assert pushed.status_code == 200, pushed.text
    assert instance.execute("select wished_channel from message_center.event").fetchall() == [(1,)]


@pytest.mark.parametrize(("platform", "code"), [("gcm", 42), ("APNS", 41)])
async def test_an_event_for_an_app_goes_by_its_platform(
    instance: Connection, door: httpx.AsyncClient, platform: str, code: int
) -> None:
    """As it is over there: by the platform, and not by a channel."""
    headers = bearer(add_caller(instance))
    sent = {"registrationToken": "t", "application": "WeFlight", "pushPlatform": platform, "ctx": {"gate": "B18"}}
    pushed = await door.post(PUSH, json=sent, headers=headers)
    assert pushed.status_code == 200, pushed.text
    assert pushed.json().items() >= sent.items()
    kept = instance.execute("select wished_channel, registration_token, ctx from message_center.event").fetchall()
    others = {"application": "WeFlight", "pushPlatform": platform}
    assert kept == [(code, "t", {"gate": "B18", "_event": others})]
    assert (await door.get(pushed.json()["href"], headers=headers)).json().items() >= sent.items()


@pytest.mark.parametrize(("name", "written"), [("EVT é", "EVT%20%C3%A9"), ("EVT?x#%y", "EVT%3Fx%23%25y")])
async def test_where_an_event_is_can_be_asked_for_as_it_stands(
    instance: Connection, door: httpx.AsyncClient, name: str, written: str
) -> None:
    """Behind a proxy that speaks TLS, and whatever the name of the type."""
    headers = bearer(add_caller(instance)) | {"x-forwarded-proto": "https"}
    pushed = (await door.post(f"/campaign/mcx/{written}/", json=SENT, headers=headers)).json()
    assert pushed["serverUrl"] == BASE.replace("http:", "https:")
    assert pushed["href"] == f"{pushed['serverUrl']}/campaign/mcx/{written}/{pushed['PKey']}"
    read = (await door.get(pushed["href"], headers=headers)).json()
    assert (read["type"], read["href"]) == (name, pushed["href"])


async def test_numbers_come_in_and_back_as_they_were_written(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance))
    text = '{"email": "jack@example.com", "ctx": {"total": 19.90, "id": 12345678901234567890123}}'
    pushed = await door.post(PUSH, content=text, headers=headers)
    assert '{"total": 19.90, "id": 12345678901234567890123}' in pushed.text
    kept = instance.execute("select ctx ->> 'total', ctx ->> 'id' from message_center.event").fetchall()
    assert kept == [("19.90", "12345678901234567890123")]
    read = await door.get(pushed.json()["href"], headers=headers)
    assert all(number in read.text for number in ("19.90", "12345678901234567890123"))


@pytest.mark.parametrize(
    ("body", "status_code", "told"),
    [
        ([], 400, "no event"),
        ({**SENT, "mail": "x", "": 1}, 400, ", mail"),
        ({"ctx": {}}, 422, "email is missing"),
        ({"registrationToken": "t", "pushPlatform": "wns", "ctx": {}}, 422, "pushPlatform"),
        ({"registrationToken": "t", "ctx": {}}, 422, "pushPlatform"),
        ({**SENT, "wishedChannel": "pigeon"}, 422, "wished_channel must be a JSON number"),
        ({**SENT, "wishedChannel": 10**4000}, 422, "is none of"),
        ({**SENT, "scheduled": "tomorrow"}, 422, "scheduled is not"),
    ],
)
async def test_a_bad_event_is_refused_with_a_remedy(
    instance: Connection, door: httpx.AsyncClient, body: Any, status_code: int, told: str
) -> None:
    answer = await door.post(PUSH, json=body, headers=bearer(add_caller(instance)))
    assert answer.status_code == status_code
    assert told in answer.text
    assert answer.json()["remedy"]
    assert (await door.post(PUSH, content="NaN", headers=bearer(add_caller(instance)))).status_code == 400


async def test_an_event_is_found_below_its_type_and_by_its_caller_only(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    pushed = (await door.post(PUSH, json=SENT, headers=headers)).json()
    other = pushed["href"].replace("EVTcartAbandonment", "EVTorder")
    assert (await door.get(other, headers=headers)).status_code == 404
    assert (await door.get(pushed["href"], headers=bearer(add_caller(instance, "bank")))).status_code == 404
    assert (await door.get(f"{PUSH}/none", headers=headers)).status_code == 404
