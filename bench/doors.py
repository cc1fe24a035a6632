"""The doors beside what they lead to: HTTP over loopback, one process of the doors, callers in this one."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import psycopg

from bench.comparison import Comparison, Ratio, Side
from bench.harness import Server
from bench.intake import EVENT, INSERT
from bench.sizes import Sizes
from support.door_process import door_process
from support.doors import add_caller, door_login

CALLERS = 64
CONNECTIONS = 4
SET = 500
DIRECT_SET = 1_000
BEAT = 1_000
MOST_MS = 15.0
PATH = "/v1/rt/events"
PUSH = "select count(*) from message_center.push_events('rt', %s::json)"
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><u:PushEvent xmlns:u="urn:nms:rtEvent">'
    "<u:sessiontoken>{}</u:sessiontoken><u:domEvent>{}</u:domEvent></u:PushEvent></e:Body></e:Envelope>"
)
RT_EVENT = (
    '<rtEvent type="order_confirmation" email="john@shop.example" externalId="order-1" language="en" country="GB">'
    '<ctx order="1" customer="John Smith" total="12.5"><items>book</items><items>pen</items><items>lamp</items></ctx>'
    "</rtEvent>"
)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""
    return [rates(server, sizes.intake_seconds), latency(server, sizes.intake_seconds)]


def rates(server: Server, seconds: int) -> Comparison:
    """What comes in through each door, beside what comes in without one."""
    one, soap, bare = "REST, one event a call", "SOAP, one event a call", "INSERT, one row"
    array, stream, direct = f"REST, {SET} a call", "REST, NDJSON", f"push_events, {DIRECT_SET:,} a call"
    return Comparison(
        title="The doors beside what they lead to",
        unit="events/s",
        amount=seconds,
        of="seconds",
        sides={
            one: through_door(server, single, 1),
            bare: without_door(server, INSERT % 1, None, 1),
            soap: through_door(server, by_soap, 1),
            array: through_door(server, in_array, SET),
            stream: through_door(server, in_stream, 10 * SET),
            direct: without_door(server, PUSH, json.dumps([EVENT] * DIRECT_SET), DIRECT_SET),
        },
        ratios=(
            Ratio("single calls, gathered / bare INSERT", one, bare, 1.5),
            Ratio("SOAP / REST", soap, one, 0.7),
            Ratio(f"arrays of {SET} / push_events", array, direct, 0.7),
            Ratio("NDJSON / push_events", stream, direct, 0.7),
        ),
        warm_up=1,
        notes={
            one: f"{CALLERS} callers at once; the door has {CONNECTIONS} connections",
            bare: f"an asynchronous loop on {CONNECTIONS} connections",
            array: f"{2 * CONNECTIONS} callers at once, as of NDJSON",
        },
    )


def latency(server: Server, seconds: int) -> Comparison:
    """How long a single call takes at a steady rate."""

    def side(seconds: int) -> float:
        with open_door(server) as (port, secret, _):
            times = asyncio.run(on_beat(port, single(secret), seconds))
        return 1000 * statistics.quantiles(times, n=100)[98]

    ours, most = "REST, 99th percentile", f"{MOST_MS:g} ms"
    return Comparison(
        title=f"Single calls through a door, {BEAT:,} a second",
        unit="ms",
        amount=seconds,
        of="seconds",
        sides={ours: side, most: lambda _: MOST_MS},
        ratios=(Ratio(f"99th percentile of single calls / {most}", ours, most),),
        is_time=True,
        warm_up=1,
        notes={
            ours: "from when the call was due; callers, door and database share the machine",
            most: "what is promised",
        },
    )


@contextmanager
def open_door(server: Server) -> Iterator[tuple[int, str, str]]:
    """Yield the port of a door to a fresh instance, the secret of a caller, and the instance's URI."""
    with server.fresh("templates") as uri, psycopg.connect(uri, autocommit=True) as instance:
        secret = add_caller(instance)
        with door_login(instance) as login, door_process({"bench": login}) as door:
            yield door.port, secret, uri


def through_door(server: Server, request: Callable[[str], bytes], events: int) -> Side:
    """A side that sends the same request over and over, from all callers."""

    def measure(seconds: int) -> float:
        with open_door(server) as (port, secret, _):
            # While one call of many events is stored, the next is on its way.
            callers = CALLERS if events == 1 else 2 * CONNECTIONS
            return events * asyncio.run(over_and_over(seconds, callers, lambda: Caller.to(port, request(secret))))

    return measure


def without_door(server: Server, statement: str, events: str | None, count: int) -> Side:
    """A side that executes a statement over and over, on as many connections as a door has."""

    async def prepared(uri: str) -> Callable[[], Awaitable[object]]:
        connection = await psycopg.AsyncConnection.connect(uri, autocommit=True)
        return lambda: connection.execute(statement, [events] if events else None)

    def measure(seconds: int) -> float:
        with server.fresh("templates") as uri:
            return count * asyncio.run(over_and_over(seconds, CONNECTIONS, lambda: prepared(uri)))

    return measure


async def over_and_over(
    seconds: float, at_once: int, prepare: Callable[[], Awaitable[Callable[[], Awaitable[object]]]]
) -> float:
    """Do something at once and over and over; return how often a second."""
    calls = [await prepare() for _ in range(at_once)]
    end = time.perf_counter() + seconds

    async def one(call: Callable[[], Awaitable[object]]) -> int:
        count = 0
        while time.perf_counter() < end:
            await call()
            count += 1
        return count

    return sum(await asyncio.gather(*map(one, calls))) / seconds


async def on_beat(port: int, request: bytes, seconds: float) -> list[float]:
    """Send a request on a fixed beat, each caller its share; return how long each took from when it was due."""
    calls = [await Caller.to(port, request) for _ in range(CALLERS)]
    start = time.perf_counter() + 0.2

    async def share(number: int) -> list[float]:
        times = []
        for due in (start + n / BEAT for n in range(number, int(BEAT * seconds), CALLERS)):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await calls[number]()
            times.append(time.perf_counter() - due)
        return times

    return [each for times in await asyncio.gather(*map(share, range(CALLERS))) for each in times]


class Caller(asyncio.Protocol):
    """A caller that keeps its connection, and costs as little as it can: callers share the machine with the door."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.transport: asyncio.Transport
        self.answer = bytearray()
        self.answered: asyncio.Future[None]

    @classmethod
    async def to(cls, port: int, request: bytes) -> Caller:
        _, caller = await asyncio.get_running_loop().create_connection(lambda: cls(request), "127.0.0.1", port)
        return caller

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if self._is_whole():
            self.answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        assert self.answered.done(), "the door has hung up"

    def __call__(self) -> asyncio.Future[None]:
        self.answer.clear()
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(self.request)
        return self.answered

    def _is_whole(self) -> bool:
        end = self.answer.find(b"\r\n\r\n")
        if end < 0:
            return False
        assert self.answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")), self.answer
        if length := LENGTH.search(self.answer, 0, end):
            return len(self.answer) >= end + 4 + int(length[1])
        # In chunks: the last one is empty.
        return self.answer.endswith(b"0\r\n\r\n")


def single(secret: str) -> bytes:
    return request(secret, PATH, json.dumps(EVENT))


def in_array(secret: str) -> bytes:
    return request(secret, PATH, json.dumps([EVENT] * SET))


def in_stream(secret: str) -> bytes:
    return request(secret, PATH, "\n".join([json.dumps(EVENT)] * (10 * SET)), "application/x-ndjson")


def by_soap(secret: str) -> bytes:
    return request(secret, "/nl/jsp/soaprouter.jsp", ENVELOPE.format(secret, RT_EVENT), "text/xml")


def request(secret: str, path: str, body: str, content_type: str = "application/json") -> bytes:
    """Return a request as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()
