"""NDJSON both ways: events line by line, of any number, and a line of result for each as soon as it is pushed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from message_center.intake.doors import Entry
from message_center.intake.halving import Halves
from message_center.intake.instance import Result
from message_center.intake.lines import MAX_CHARACTERS, MAX_LINES, Lines, is_blank, judge
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import dumped, told

MEDIA_TYPE = "application/x-ndjson"
Line = tuple[int, str | None, str | None]
"""Its number, and its event or why it is none."""


class StreamedAnswer(Response):
    """
    An answer that is written while the request is still being read.

    Starlette's own one reads the request to see whether the client has gone, and so takes away what is in it.
    """

    media_type = MEDIA_TYPE

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__()
        self.chunks = chunks
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        with contextlib.suppress(ClientDisconnect, OSError):
            async for chunk in self.chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


async def lines(request: Request, max_bytes: int) -> AsyncIterator[tuple[int, bytes | None]]:
    """Yield the lines of a body with their numbers, blank ones left out; for one that is too long, ``None``."""
    found = Lines(max_bytes)
    async for chunk in request.stream():
        for number, line in found.cut(chunk):
            if not is_blank(line):
                yield number, line
    for number, line in found.last():
        if not is_blank(line):
            yield number, line


async def results(request: Request, entry: Entry, queue: str) -> AsyncIterator[bytes]:
    """Push what comes in, and yield a line for each event; a last one with the problem, if there is one."""
    part: list[Line] = []
    size = 0
    try:
        async for number, line in lines(request, entry.doors.settings.max_body_bytes):
            part.append(_event(number, line, entry))
            size += len(line or b"")
            if len(part) >= MAX_LINES or size >= MAX_CHARACTERS:
                yield await _push(entry, queue, part)
                part, size = [], 0
        if part:
            yield await _push(entry, queue, part)
    except ProblemError as problem:
        yield dumped({"line": part[0][0], "problem": problem.body}) + b"\n"


def _event(number: int, line: bytes | None, entry: Entry) -> Line:
    text, event, reason = judge(line, entry.doors.settings.max_body_bytes)
    if isinstance(event, dict) and not entry.key.allows_type(event.get("type")):
        return number, None, "this caller may not push events of this type"
    return number, text, reason


async def _push(entry: Entry, queue: str, part: list[Line]) -> bytes:
    events = [text for _, text, _ in part if text is not None]
    entry.instance.check_room(queue)
    # Who sends too fast is not read from for a while.
    while seconds := entry.seconds_to_wait(len(events)):  # noqa: ASYNC110 - it is time that is waited for
        await asyncio.sleep(min(seconds, 1.0))
    pushed = iter(await _pushed(entry, queue, events))
    results = (next(pushed) if text is not None else Result(None, reason) for _, text, reason in part)
    answers = (told("line", number, result) for (number, _, _), result in zip(part, results, strict=True))
    return "".join(f"{answer}\n" for answer in answers).encode()


async def _pushed(entry: Entry, queue: str, events: list[str]) -> list[Result]:
    results: list[Result] = []
    for part in (halves := Halves(events)):
        try:
            results += await entry.instance.push(entry.caller, queue, f"[{','.join(part)}]")
        except psycopg.Error as error:
            results += halves.refused(error)
    return results
