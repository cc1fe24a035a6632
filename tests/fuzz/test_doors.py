"""
Whatever comes to a door is taken in or refused with a remedy: no 5xx, no hang, and nothing that was refused is stored.

    FUZZ_INPUTS=1000000 FUZZ_SEED=7 pytest -n 4 tests/fuzz/test_doors.py
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from fuzz.inputs import TEXTS, Inputs
from message_center.intake.settings import Settings
from support.doors import add_caller, bearer, door_login, opened
from support.events import event

Connection = psycopg.Connection[Any]
Request = tuple[str, str, bytes, dict[str, str]]

INPUTS = int(os.environ.get("FUZZ_INPUTS", "800"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
AT_ONCE = 20
SECONDS = 30
GOOD = json.dumps(event())
XML = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<u:PushEvent xmlns:u="urn:nms:rtEvent"><u:sessiontoken>{}</u:sessiontoken><u:domEvent>'
    '<rtEvent type="order" email="john@shop.example" wishedChannel="0"><ctx><a x="1">t</a><![CDATA[<b>]]></ctx>'
    "</rtEvent>"
    "</u:domEvent></u:PushEvent></e:Body></e:Envelope>"
)
PIECES = (
    b"<!DOCTYPE a [", b"<!ENTITY b 'c'>", b"]>", b"&b;", b"&#0;", b"&#x110000;", b"&lt;", b"<![CDATA[", b"]]>", b"<!--",
    b"<?x?>", b"xmlns=''", b"xmlns:u='urn:x'", b"<ctx>", b"</ctx>", b"<e:Body>", b'encoding="UTF-16"', b'"', b"'", b"=",
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b",", b"\n", b"NaN", b"1e5000", b"\\u0000", b"\\ud800",
)  # fmt: skip


@pytest.mark.parametrize("door", ["json", "array", "stream", "campaign", "soap", "read"])
async def test_a_door_takes_in_or_refuses(execution: Connection, door: str) -> None:
    inputs = Inputs(SEED)
    secret = add_caller(execution)
    with door_login(execution) as uri:
        async with opened(Settings({"mcTest": uri}, unknown_key_seconds=0.01)) as client:
            for _ in range(max(1, INPUTS // AT_ONCE)):
                requests = [MAKERS[door](inputs, secret) for _ in range(AT_ONCE)]
                await asyncio.gather(*(check(client, request) for request in requests))


async def check(client: httpx.AsyncClient, request: Request) -> None:
    method, path, body, headers = request
    for _ in range(SECONDS):
        answer = await asyncio.wait_for(client.request(method, path, content=body, headers=headers), SECONDS)
        # On a machine with other things to do.
        if "The instance is busy" not in answer.text:
            break
    assert answer.status_code < 500, (request, answer.text)
    if answer.status_code >= 400 and not path.startswith("/nl/"):
        assert answer.json()["remedy"], request


def spoilt(inputs: Inputs, body: bytes) -> bytes:
    """A body as it is, or with some of it taken away, doubled, or put between."""
    for _ in range(inputs.random.randint(0, 3)):
        at = inputs.random.randint(0, len(body))
        kind = inputs.random.random()
        if kind < 0.3:
            body = body[:at] + body[at + inputs.random.randint(1, 9) :]
        elif kind < 0.7:
            body = body[:at] + inputs.random.choice(PIECES) + body[at:]
        else:
            body = body[:at] + inputs.random.choice(TEXTS).encode(errors="surrogatepass") + body[at:]
    return body


def with_key(inputs: Inputs, secret: str, **headers: str) -> dict[str, str]:
    kept = {**bearer(secret), **headers}
    text = re.sub(r"[^\x20-\x7e]", "", inputs.text())[:300].strip()
    return {**kept, "idempotency-key": text} if inputs.random.random() < 0.2 else kept


def one(inputs: Inputs, secret: str) -> Request:
    text = inputs.event(GOOD).encode(errors="surrogatepass")
    return "POST", "/v1/rt/events", spoilt(inputs, text), with_key(inputs, secret)


def many(inputs: Inputs, secret: str) -> Request:
    text = f"[{','.join([GOOD, inputs.event(GOOD), inputs.event(GOOD)])}]".encode(errors="surrogatepass")
    return "POST", "/v1/batch/events", spoilt(inputs, text), with_key(inputs, secret)


def stream(inputs: Inputs, secret: str) -> Request:
    text = "\n".join([GOOD, inputs.event(GOOD), inputs.event(GOOD)]).encode(errors="surrogatepass")
    headers = bearer(secret) | {"content-type": "application/x-ndjson"}
    return "POST", "/v1/batch/events", spoilt(inputs, text), headers


def campaign(inputs: Inputs, secret: str) -> Request:
    good = '{"email": "jack@example.com", "ctx": {}}'
    text = inputs.fields(good, ("email", "wishedChannel", "scheduled", "ctx", "language", "else"))
    path = f"/campaign/mc/{inputs.random.choice(('EVTorder', '%00', '..%2f', 'x' * 300, '%F0%9F%98%80'))}"
    return "POST", path, spoilt(inputs, text.encode(errors="surrogatepass")), with_key(inputs, secret)


def soap(inputs: Inputs, secret: str) -> Request:
    return "POST", "/nl/jsp/soaprouter.jsp", spoilt(inputs, XML.format(secret).encode()), {}


def read(inputs: Inputs, secret: str) -> Request:
    # What cannot be encoded, no client can send.
    text = inputs.text().encode(errors="ignore").decode()
    kind = inputs.random.choice(("external_id", "address", "id", "schema"))
    if kind == "id":
        return "GET", f"/v1/events/{httpx.QueryParams(a=text)}"[:2000], b"", bearer(secret)
    place = "/nl/jsp/schemawsdl.jsp" if kind == "schema" else "/v1/events"
    return "GET", f"{place}?{httpx.QueryParams({kind: text})}", b"", bearer(secret)


MAKERS: dict[str, Callable[[Inputs, str], Request]] = {
    "json": one,
    "array": many,
    "stream": stream,
    "campaign": campaign,
    "soap": soap,
    "read": read,
}
