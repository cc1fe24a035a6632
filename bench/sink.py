"""A real SMTP server in a process of its own: it takes everything, and knows when."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from message_center.local.sink import listen
from support.smtp import smtp_connection


class Accepts:
    """Counts what comes; nothing is kept or parsed."""

    def __init__(self, count: Any, first: Any, last: Any) -> None:
        self._count, self._first, self._last = count, first, last

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._last.value = time.time()
        self._first.value = self._first.value or self._last.value
        self._count.value += 1
        return "250 2.0.0 OK"


@dataclass(frozen=True)
class SinkProcess:
    """The server as seen from outside; times are those of :func:`time.time`."""

    port: int
    _count: Any
    _first: Any
    _last: Any

    @property
    def count(self) -> int:
        return int(self._count.value)

    @property
    def first(self) -> float:
        return float(self._first.value)

    @property
    def last(self) -> float:
        return float(self._last.value)

    @property
    def connection(self) -> str:
        """The Airflow SMTP connection of this server, as JSON."""
        return smtp_connection(self.port, timeout=30)


@contextmanager
def smtp_sink() -> Iterator[SinkProcess]:
    """Run the server on a free port."""
    context = multiprocessing.get_context("spawn")
    port, count = context.Value("i", 0), context.Value("q", 0, lock=False)
    first, last = context.Value("d", 0.0, lock=False), context.Value("d", 0.0, lock=False)
    process = context.Process(target=serve, args=(port, count, first, last), daemon=True)
    process.start()
    try:
        while not port.value:
            assert process.is_alive(), "the SMTP server did not start"
            time.sleep(0.01)
        yield SinkProcess(port.value, count, first, last)
    finally:
        process.terminate()
        process.join()


def serve(port: Any, count: Any, first: Any, last: Any) -> None:
    """Serve until terminated."""

    async def forever() -> None:
        server = await listen(Accepts(count, first, last), "127.0.0.1", 0)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(forever())
