"""
A sender as a process: pushes events on a steady beat, and pushes again, with the same key, what got no answer.

    python -m faults.sender URI LABEL RATE OUTBOX

Before an event is pushed and after it was answered, a line goes to the outbox: ``push n`` and
``answer n at id reason``. A sender that is started on the outbox of a killed one first pushes again what that one
got no answer to. SIGTERM makes it answer for what is due, and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg

CLIENTS = 2
BEAT_SECONDS = 0.02  # what has come due meanwhile is pushed in one call, as a sender with some traffic does
AT_ONCE = 100
ANSWER_SECONDS = 10.0
MAX_BACKOFF_SECONDS = 1.0
PUSH = """select "position", id, reason from message_center.push_events('rt', %s::json)"""


def event(label: str, number: int) -> dict[str, Any]:
    """Return the event of that number; the same each time, so that a second push is recognised."""
    key = f"{label}-{number}"
    return {
        "type": "password_reset",
        "email": f"ann.{number}@example.com",
        "external_id": key,
        "idempotency_key": key,
        "origin": label,
        "language": "en",
        "ctx": {
            "customer": {"first_name": "Ann", "last_name": "Brown", "email": f"ann.{number}@example.com"},
            "reset": {"url": f"https://shop.example.com/reset/{number}", "valid_minutes": 15},
        },
    }


class Sender:
    """One sender with several connections; what is due and cannot be pushed waits in its own queue."""

    def __init__(self, uri: str, label: str, rate: float, outbox: Path) -> None:
        self.uri, self.label, self.rate = uri, label, rate
        self.unanswered, self.next = left_behind(outbox)
        self.outbox = outbox.open("ab", buffering=0)  # a line is there when it is written, whoever is killed
        self.begun = self.next
        self.start = time.monotonic()
        self.stopped = False

    def take(self) -> list[int]:
        """Return the numbers of the events to push now."""
        if not self.stopped:
            due = self.begun + int((time.monotonic() - self.start) * self.rate)
            self.unanswered.extend(range(self.next, due))
            self.next = max(self.next, due)
        return [self.unanswered.popleft() for _ in range(min(AT_ONCE, len(self.unanswered)))]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        await asyncio.gather(*(self.push() for _ in range(CLIENTS)))

    def stop(self) -> None:
        self.stopped = True

    async def push(self) -> None:
        """Push what is due until stopped, on one connection after the other."""
        numbers: list[int] = []
        backoff = 0.1
        while numbers or self.unanswered or not self.stopped:
            with contextlib.suppress(psycopg.Error, asyncio.TimeoutError):
                connecting = psycopg.AsyncConnection.connect(self.uri, autocommit=True, connect_timeout=5)
                async with await connecting as connection:
                    while numbers or self.unanswered or not self.stopped:
                        numbers = numbers or self.take()
                        if numbers:
                            await asyncio.wait_for(self.push_set(connection, numbers), ANSWER_SECONDS)
                            numbers, backoff = [], 0.1
                        else:
                            await asyncio.sleep(BEAT_SECONDS)
                    return
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, MAX_BACKOFF_SECONDS)

    async def push_set(self, connection: psycopg.AsyncConnection[Any], numbers: list[int]) -> None:
        self.note(f"push {number}" for number in numbers)
        cursor = await connection.execute(PUSH, [json.dumps([event(self.label, number) for number in numbers])])
        answers = await cursor.fetchall()
        now = f"{time.time():.3f}"
        self.note(f"answer {numbers[place - 1]} {now} {known or 0} {reason or ''}" for place, known, reason in answers)

    def note(self, said: Iterable[str]) -> None:
        self.outbox.write("".join(f"{line}\n" for line in said).encode())


def left_behind(outbox: Path) -> tuple[deque[int], int]:
    """Return the numbers that an earlier sender pushed without an answer, and the first that it did not push."""
    pushed: dict[int, bool] = {}
    for kind, number, _ in lines(outbox):
        pushed[number] = kind == "answer"
    return deque(number for number, answered in pushed.items() if not answered), max(pushed, default=-1) + 1


def lines(outbox: Path) -> Iterator[tuple[str, int, list[str]]]:
    """Yield what an outbox says: kind, number, and the rest of an answer: at, id, reason."""
    if not outbox.exists():
        return
    with outbox.open() as source:
        for line in source:
            kind, number, *rest = line.rstrip("\n").split(" ", 4)
            yield kind, int(number), rest


if __name__ == "__main__":
    asyncio.run(Sender(sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])).run())
