"""What callers send besides their calls, over a connection: no test without a server sees it."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from message_center.intake.app import make_app
from message_center.intake.serve import SERVER
from message_center.intake.settings import Settings
from support.doors import add_caller
from support.events import event
from support.served import served

H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
BODY = json.dumps(event()).encode()
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)


class Caller:
    """A caller who writes its calls by hand."""

    def __init__(self, url: str, secret: str) -> None:
        address = urlsplit(url)
        self.secret = secret
        self.connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=30)

    def send(
        self,
        headers: str = "",
        body: bytes = b"",
        method: str = "POST",
        target: str = "/v1/rt/events",
        version: str = "1.1",
    ) -> None:
        head = f"{method} {target} HTTP/{version}\r\nHost: door\r\nAuthorization: Bearer {self.secret}\r\n{headers}\r\n"
        self.connection.sendall(head.encode() + body)

    def received(self, until: bytes) -> bytes:
        """Return what is answered, until something is in it."""
        answer = b""
        while until not in answer:
            part = self.connection.recv(65536)
            assert part, answer
            answer += part
        return answer


@pytest.fixture
def caller(instance: psycopg.Connection[object], settings: Settings) -> Iterator[Caller]:
    with served(make_app(settings), **SERVER) as url:
        caller = Caller(url, add_caller(instance))
        with caller.connection:
            yield caller


@pytest.mark.parametrize("asks", [H2C, "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n"])
@pytest.mark.parametrize("is_apart", [False, True], ids=["in one piece", "body apart"])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["whole", "chunked"])
def test_who_asks_for_another_protocol_is_answered_in_this_one(
    caller: Caller, asks: str, is_apart: bool, is_chunked: bool
) -> None:
    """Java's client offers HTTP/2 with each first call."""
    length = "Transfer-Encoding: chunked\r\n" if is_chunked else f"Content-Length: {len(BODY)}\r\n"
    body = CHUNKED if is_chunked else BODY
    for _ in range(2):
        caller.send(asks + length, b"" if is_apart else body)
        if is_apart:
            for part in (body[:20], body[20:]):
                caller.connection.sendall(part)
        assert b" 202 " in caller.received(b'"href"')


def test_calls_behind_one_that_asks_for_another_protocol_are_answered_in_their_order(caller: Caller) -> None:
    length = f"Content-Length: {len(BODY)}\r\n"
    for asks in (H2C, "", H2C):
        caller.send(asks + length, BODY)
    caller.send(method="GET", target="/health")
    assert caller.received(b'"instances"').count(b" 202 ") == 3


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_who_waits_for_leave_to_send_its_body_gets_it(caller: Caller, media_type: str) -> None:
    caller.send(f"Content-Type: {media_type}\r\nExpect: 100-continue\r\nContent-Length: {len(BODY)}\r\n")
    assert b"HTTP/1.1 100 Continue" in caller.received(b"\r\n\r\n")
    caller.connection.sendall(BODY)
    caller.received(b'"id"')


def test_whoever_knows_no_chunks_gets_results_with_a_length(caller: Caller) -> None:
    lines = b"%b\n" % BODY * 3
    headers = f"Content-Type: application/x-ndjson\r\nContent-Length: {len(lines)}\r\n"
    caller.send(headers, lines, version="1.0")
    head, _, results = caller.received(b'"line":3').partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert f"content-length: {len(results)}".encode() in head
    assert [json.loads(line)["line"] for line in results.splitlines()] == [1, 2, 3]


@pytest.mark.parametrize("target", ["/v1/events?external_id=zo\u00eb", "/v1/\u00e9/events"])
def test_what_is_no_http_is_refused_with_a_remedy(caller: Caller, target: str) -> None:
    caller.send(method="GET", target=target)
    head, _, problem = caller.received(b"}").partition(b"\r\n\r\n")
    assert b" 400 " in head
    assert "escaped" in json.loads(problem)["remedy"]


@pytest.mark.parametrize(
    ("target", "body", "told"),
    [
        ("/v1/rt/events", BODY, b'"status":500'),
        (
            "/nl/jsp/soaprouter.jsp",
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
            b'<PushEvent xmlns="urn:nms:rtEvent"><domEvent>'
            b'<e type="a" email="a@b.example"><ctx/></e></domEvent></PushEvent></e:Body></e:Envelope>',
            b"SOAP-ENV:Server",
        ),
    ],
)
def test_a_fault_of_ours_is_told_in_the_words_of_its_door_and_ends_the_connection(
    instance: psycopg.Connection[object], caller: Caller, target: str, body: bytes, told: bytes
) -> None:
    instance.execute("""
        create or replace function message_center.push_events_of(
            caller text, queue message_center.event_queue, events json
        ) returns table ("position" integer, id bigint, reason text)
        language sql as 'select 1, 2::bigint, null::text where false'
    """)
    caller.send(f"Content-Length: {len(body)}\r\n", body, target=target)
    answer = caller.received(told)
    assert b" 500 " in answer
    assert b"connection: close" in answer


def test_no_log_has_what_a_call_for_another_protocol_asks_for(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """A log has no query: who is looked for is a person."""
    with caplog.at_level(logging.INFO):
        key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        target = "/v1/events?address=ann@shop.example"
        caller.send(f"Connection: Upgrade\r\nUpgrade: websocket\r\n{key}", method="GET", target=target)
        caller.received(b'"events"')
    assert "ann@" not in caplog.text
