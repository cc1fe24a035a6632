"""Webhooks against a bare loop of httpcore that posts bodies made before, to the same receiver."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpcore
import psycopg

from bench.comparison import Comparison, Ratio
from bench.harness import Server
from bench.sizes import Sizes
from message_center.accounts.webhook import Webhook
from message_center.webhooks.message import headers_of
from message_center.webhooks.posting import CONNECTIONS
from support.webhooks import SECRET, delivery, known, pushed

BODY = b'{"type": "event.pending", "data": "' + b"x" * 400 + b'"}'


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""

    def ours(messages: int) -> float:
        with server.fresh("templates") as uri, receiver() as port:
            told = Webhook.from_connection("bench", f"http://127.0.0.1:{port}/", SECRET, {}, http_is_allowed=True)
            with psycopg.connect(uri, autocommit=True) as execution:
                known(execution, told)
                pushed(execution, messages)
            return messages / asyncio.run(telling(uri, told, messages))

    def bare(messages: int) -> float:
        with receiver() as port:
            return messages / asyncio.run(posting(port, messages))

    loop = "httpcore, bodies made before"
    return [
        Comparison(
            title="Telling webhooks",
            unit="messages/s",
            amount=sizes.messages,
            of="messages",
            sides={"webhooks": ours, loop: bare},
            ratios=(Ratio("webhooks / bare loop of httpcore", "webhooks", loop),),
            warm_up=200,
            notes={
                "webhooks": f"{CONNECTIONS} connections; reads what has changed, makes, signs and posts, logs answers",
                loop: f"{CONNECTIONS} connections; signs, no database. The receiver is a process of its own",
            },
        )
    ]


async def telling(uri: str, told: Webhook, messages: int) -> float:
    """Tell a webhook all that has changed; return the seconds until the last answer is logged."""
    work = delivery(told)
    async with await psycopg.AsyncConnection.connect(uri, autocommit=True) as connection:
        work.resume({})
        begun = time.perf_counter()
        while work.counts()["told"] < messages:
            await work.step(connection)
        seconds = time.perf_counter() - begun
        await work.close()
    return seconds


async def posting(port: int, messages: int) -> float:
    """Post as many bodies, one after the other on each connection; return the seconds."""
    url, numbers = httpcore.URL(f"http://127.0.0.1:{port}/"), count()

    async def post() -> None:
        async with httpcore.AsyncHTTPConnection(url.origin) as connection:
            while (number := next(numbers)) < messages:
                headers = [*headers_of(f"msg_{number}", BODY, [b"k" * 24], 0).items()]
                response = await connection.request("POST", url, headers=headers, content=BODY)
                assert response.status == 200

    begun = time.perf_counter()
    await asyncio.gather(*(post() for _ in range(CONNECTIONS)))
    return time.perf_counter() - begun


@contextmanager
def receiver() -> Iterator[int]:
    """A receiver in a process of its own, which takes everything; its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def receive(pipe: Any) -> None:
    """Answer whatever comes, and cost as little as can be."""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


class Taking(asyncio.Protocol):
    """Takes each request, once its body is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.come = transport, bytearray()

    def data_received(self, data: bytes) -> None:
        self.come += data
        # A body is one line of JSON, and ends as no head does.
        if self.come.endswith(b"}") and b"\r\n\r\n" in self.come:
            self.come.clear()
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
