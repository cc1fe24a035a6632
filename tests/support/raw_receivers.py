"""Receivers that answer with whatever bytes they like, behind real ports of the test's own loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Then = Callable[[asyncio.StreamWriter], Awaitable[None]]
TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Raw:
    """
    A receiver.

    :param says: what it answers to each request.
    :param then: what it does next; then it hangs up, unless it keeps its connections.
    :param heads: the heads of the requests that came.
    """

    says: bytes = TAKEN
    then: Then | None = None
    keeps: bool = False
    port: int = 0
    heads: list[str] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := await head_of(reader):
                self.heads.append(head)
                writer.write(self.says)
                await writer.drain()
                if self.then:
                    await self.then(writer)
                if not self.keeps:
                    break
        writer.close()

    def hang_up(self) -> None:
        for writer in self._open:
            writer.transport.abort()


async def head_of(reader: asyncio.StreamReader) -> str:
    """Read a request, and return its first lines."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length:")), ":0")
    await reader.readexactly(int(length.partition(":")[2]))
    return head


@asynccontextmanager
async def listening(raw: Raw, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> AsyncIterator[Raw]:
    """Let a receiver listen, until the end of the block."""
    server = await asyncio.start_server(raw, host, 0, ssl=context)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        raw.hang_up()


def over_and_over(piece: bytes, seconds: float = 0.0) -> Then:
    """Something that never ends."""

    async def go_on(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(seconds)

    return go_on


async def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection."""
    await asyncio.sleep(0.02)
    writer.transport.abort()
