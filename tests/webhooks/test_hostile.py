"""Whatever a receiver does, the others go on, nothing is lost, and its error tells what is wrong, not what came."""

from __future__ import annotations

import gzip
import socket
import time
from contextlib import AsyncExitStack
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_center.accounts.webhook import Webhook
from message_center.webhooks import posting
from message_center.webhooks.answers import MAX_PAUSE_SECONDS, answer_of
from support.raw_receivers import TAKEN, Raw, listening, over_and_over, reset
from support.waiting import PATIENCE
from support.webhooks import SECRET, Connection, Receiver, known, pushed, row_of, tell, time_passes, webhook

SAID = b"john@shop.example hush"
OK = b"HTTP/1.1 200 OK\r\n"
# The good receiver is told before that, beside whatever else the machine does.
ANSWER_SECONDS = 1.0 * PATIENCE
NO_ANSWER, NOT_HTTP, CLOSED = (
    f"no answer within {ANSWER_SECONDS:.0f} s",
    "RemoteProtocolError: illegal ",
    "RemoteProtocolError: Server disc",
)
REFUSE: dict[str, tuple[Raw, str]] = {
    "no answer but 1xx": (Raw(b"", over_and_over(b"HTTP/1.1 102 Processing\r\n\r\n")), NO_ANSWER),
    "another protocol": (Raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n"), "RemoteProtocolError: "),
    "no HTTP": (Raw(b"220 " + SAID + b"\r\n\r\n"), NOT_HTTP),
    "HTTP/2": (Raw(b"HTTP/2 200 " + SAID + b"\r\n\r\n"), NOT_HTTP),
    "bytes": (Raw(bytes(range(256)) * 999), NOT_HTTP),
    "a header that is none": (Raw(OK + b"x " + SAID + b": y\r\n\r\n"), NOT_HTTP),
    "a header without an end": (
        Raw(OK + b"x: ", over_and_over(SAID * 999)),
        "RemoteProtocolError: Receive buffer too long",
    ),
    "headers that drip": (Raw(OK, over_and_over(b"x: y\r\n", 0.05)), NO_ANSWER),
    "two lengths": (Raw(OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxx"), "RemoteProtocolError: conflicting"),
    "nothing": (Raw(b""), CLOSED),
    "a reset": (Raw(b"", reset), ""),
    "a reset within the head": (Raw(OK + b"x: ", reset), ""),
    "silence": (Raw(b"", over_and_over(b"", 0.05)), NO_ANSWER),
    "a redirect to metadata": (
        Raw(b"HTTP/1.1 307 T\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"),
        "a redirect, which is not followed: HTTP 307",
    ),
    "a redirect with a body": (
        Raw(b"HTTP/1.1 302 Found\r\nlocation: /hush\r\ncontent-length: 9\r\n\r\n<a>hush</"),
        "a redirect, which is not followed: HTTP 302",
    ),
    "not modified": (Raw(b"HTTP/1.1 304 No\r\n\r\n"), "a redirect, which is not followed: HTTP 304"),
    "a pause until a date far away": (
        Raw(b"HTTP/1.1 503 No\r\nretry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\ncontent-length: 0\r\n\r\n"),
        "refused: HTTP 503",
    ),
    "a status that is none": (Raw(b"HTTP/1.1 999 " + SAID + b"\r\ncontent-length: 0\r\n\r\n"), "refused: HTTP 999"),
    "an absurd pause": (
        Raw(b"HTTP/1.1 429 No\r\nretry-after: " + b"9" * 4000 + b"\r\ncontent-length: 0\r\n\r\n"),
        "refused: HTTP 429",
    ),
}
TAKE: dict[str, Raw] = {
    "1xx before the answer": Raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + TAKEN),
    "HTTP/1.0": Raw(b"HTTP/1.0 200 OK\r\n\r\ntaken"),
    "a bomb of gzip": Raw(OK + b"content-encoding: gzip\r\nconnection: close\r\n\r\n" + gzip.compress(bytes(1 << 24))),
    "a trailer": Raw(OK + b"transfer-encoding: chunked\r\n\r\n0\r\nx: " + SAID + b"\r\n\r\n"),
    "half a body": Raw(OK + b"content-length: 99\r\n\r\nhalf"),
    "a reset within the body": Raw(OK + b"content-length: 99\r\n\r\nhalf", reset),
    "a body that drips": Raw(OK + b"content-length: 9999\r\n\r\n", over_and_over(b"x", 0.05)),
    "a body that is silent": Raw(OK + b"content-length: 9999\r\n\r\n", over_and_over(b"", 0.05)),
    "a body without an end": Raw(OK + b"\r\n", over_and_over(b"x" * 65536)),
    "chunks that are none": Raw(OK + b"transfer-encoding: chunked\r\n\r\nzz; " + SAID + b"\r\n"),
    "no gzip": Raw(OK + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx"),
    "more than was asked for": Raw(TAKEN + b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", keeps=True),
    "a body where there is none": Raw(b"HTTP/1.1 204 No\r\ncontent-length: 9\r\n\r\nx"),
    "thousands of headers": Raw(OK + b"x: y\r\n" * 9999 + b"content-length: 0\r\n\r\n"),
}


def to(raw: Raw, name: str, scheme: str = "http", host: str = "127.0.0.1") -> Webhook:
    return Webhook.from_connection(name, f"{scheme}://{host}:{raw.port}/?token=hush", SECRET, {}, http_is_allowed=True)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "ANSWER_SECONDS", ANSWER_SECONDS)
    monkeypatch.setattr(posting, "BODY_SECONDS", 0.3)


async def test_whatever_a_receiver_does_the_others_go_on_and_nothing_is_lost(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    async with AsyncExitStack() as stack:
        raws = {name: await stack.enter_async_context(listening(raw)) for name, (raw, _) in REFUSE.items()}
        raws |= {name: await stack.enter_async_context(listening(raw)) for name, raw in TAKE.items()}
        webhooks = [webhook(shop), *(to(raw, name) for name, raw in raws.items())]
        known(execution, *webhooks)
        events = pushed(execution, 3)
        begun, times = time.monotonic(), []

        def is_over() -> bool:
            if len(shop.taken) == 3:
                times.append(time.monotonic() - begun)
            rows = {name: row_of(execution, name) for name in raws}
            return all(rows[name]["last_success_at"] for name in TAKE) and all(
                rows[name]["failures"] for name in REFUSE
            )

        await tell(execution_uri, *webhooks, until=is_over)
        assert times[0] < ANSWER_SECONDS, "the good one is told before any time is up"
        for name, (raw, told) in REFUSE.items():
            row = row_of(execution, name)
            assert (row["last_error"].startswith(told), row["last_success_at"]) == (True, None), row
            assert not any(said in str(row) for said in ("hush", "john", "'x")), row
            assert raw.heads, name
            raw.says, raw.then, raw.keeps = TAKEN, None, True
        assert all(row_of(execution, name)["last_error"] is None for name in TAKE)
        pause = row_of(execution, "an absurd pause")["retry_at"]
        assert (datetime.fromisoformat(pause) - datetime.now(timezone.utc)).total_seconds() < MAX_PAUSE_SECONDS + 1
        time_passes(execution)
        left = "select count(*) from message_center.webhook_message where told_at is null"
        await tell(execution_uri, *webhooks, until=lambda: execution.execute(left).fetchone() == (0,))
    assert sorted(received.event for received in shop.tried) == sorted(events), "told once"


@given(st.text(st.characters(max_codepoint=255)) | st.datetimes().map("{:%a, %d %b %Y %H:%M:%S GMT}".format))
def test_whatever_retry_after_says_the_pause_is_bounded(retry_after: str) -> None:
    pause = answer_of(429, retry_after).pause_seconds
    assert pause is None or 0 <= pause <= MAX_PAUSE_SECONDS


async def test_a_name_server_that_is_silent_holds_up_one_receiver(
    execution: Connection, execution_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty look-ups at once hang: more than the loop has threads, whatever the machine."""
    real, until = socket.getaddrinfo, time.monotonic() + 4

    def getaddrinfo(host: str, *args: Any, **settings: Any) -> Any:
        if str(host).startswith("silent"):
            time.sleep(max(0.0, until - time.monotonic()))
        return real(host, *args, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(posting, "CONNECT_SECONDS", 0.5)
    async with listening(Raw(keeps=True)) as good:
        silent = [to(good, f"silent{number}", host=f"silent{number}.example") for number in range(4)]
        webhooks = [*silent, to(good, "good", host="localhost")]
        known(execution, *webhooks)
        pushed(execution, 20)

        def is_told() -> bool:
            failing = [row_of(execution, each.name) for each in silent]
            return len(good.heads) == 20 and all(row["failures"] for row in failing)

        await tell(execution_uri, *webhooks, until=is_told, seconds=3)
    assert row_of(execution, "silent0")["last_error"] == "ConnectTimeout: its name is not answered for"


async def test_a_receiver_may_have_an_address_of_ipv6(execution: Connection, execution_uri: str) -> None:
    async with listening(Raw(), "::1") as raw:
        known(execution, hook := to(raw, "erp", host="[::1]"))
        pushed(execution)
        await tell(execution_uri, hook, until=lambda: row_of(execution)["last_success_at"] is not None)
        assert f"\r\nhost: [::1]:{raw.port}\r\n" in raw.heads[0].lower()
