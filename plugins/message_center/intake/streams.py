"""NDJSON both ways: events line by line, of any number, and a line of result for each as soon as it is pushed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from message_center.intake.doors import Entry
from message_center.intake.instance import Result
from message_center.intake.lines import MAX_CHARACTERS, MAX_LINES, Lines, is_blank, judge
from message_center.intake.problems import ProblemError
from message_center.intake.pushing import OTHER_TYPE, dumped, push_in_halves, told
from message_center.intake.unread import Unread

MEDIA_TYPE = "application/x-ndjson"
MEDIA_TYPES = {
    MEDIA_TYPE, "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines",
    "application/x-jsonlines", "application/json-lines", "application/ldjson", "application/x-ldjson",
    "text/ndjson", "text/x-ndjson", "text/jsonl", "text/x-jsonl",
}  # fmt: skip
PAUSE_SECONDS = 0.02
"""So long nothing comes, and what has come is pushed: who sends an event a minute has its result at once."""


class Line(NamedTuple):
    """A line, and its event or why it is none."""

    number: int
    text: str | None
    event_type: object
    reason: str | None


class StreamedAnswer(Response):
    """
    An answer that is written while the request is still being read, however long the client leaves it unread.

    Starlette's own one reads the request to see whether the client has gone, and so takes away what is in it.
    """

    media_type = MEDIA_TYPE

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__()
        self.chunks = chunks
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.closing(Unread()) as unread, contextlib.suppress(ClientDisconnect):
            writing = asyncio.create_task(self._write(unread, send, scope["http_version"] == "1.0"))
            try:
                async for chunk in self.chunks:
                    await unread.put(chunk)
                unread.end()
                await writing
            finally:
                writing.cancel()

    async def _write(self, unread: Unread, send: Send, is_whole: bool) -> None:
        # Reading goes first: who waits for "100 Continue" gets none any more once the answer has begun.
        await asyncio.sleep(0)
        # HTTP/1.0 knows no chunks, by which others see the end.
        length = [(b"content-length", b"%d" % await unread.size())] if is_whole else []
        await send({"type": "http.response.start", "status": 200, "headers": [*self.raw_headers, *length]})
        async for part in unread.parts():
            await send({"type": "http.response.body", "body": part, "more_body": True})
            # To a client that has gone all is sent without a pause: others have their turn meanwhile.
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})


async def _coming(request: Request) -> AsyncIterator[bytes | None]:
    """Yield what comes of a body; ``None`` when nothing has come for a moment."""
    more = True
    while more:
        coming = asyncio.ensure_future(request.receive())
        try:
            if not (await asyncio.wait([coming], timeout=PAUSE_SECONDS))[0]:
                yield None
            message = await coming
        finally:
            coming.cancel()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def lines(request: Request, max_bytes: int) -> AsyncIterator[Line | None]:
    """Yield the lines of a body, blank ones left out; ``None`` when no more have come for a moment."""
    found = Lines(max_bytes)
    async for chunk in _coming(request):
        if chunk is None:
            yield None
            continue
        for number, line in found.cut(chunk):
            if not is_blank(line):
                yield _line(number, line, max_bytes)
    for number, line in found.last():
        if not is_blank(line):
            yield _line(number, line, max_bytes)


async def results(request: Request, entry: Entry, queue: str) -> AsyncIterator[bytes]:
    """Push what comes in, and yield a line for each event; a last one with the problem, if there is one."""
    part: list[Line] = []
    size = 0
    try:
        async for line in lines(request, entry.doors.settings.max_body_bytes):
            if line is not None:
                part.append(line)
                size += len(line.text or "")
            if len(part) >= MAX_LINES or size >= MAX_CHARACTERS or (line is None and part):
                yield await _push(entry, queue, part)
                part, size = [], 0
        if part:
            yield await _push(entry, queue, part)
    except ProblemError as problem:
        yield dumped({"line": part[0].number, "problem": problem.body}) + b"\n"


def _line(number: int, line: bytes | None, max_bytes: int) -> Line:
    text, event, reason = judge(line, max_bytes)
    return Line(number, text, event.get("type") if isinstance(event, dict) else None, reason)


async def _push(entry: Entry, queue: str, part: list[Line]) -> bytes:
    # What the caller may do is asked for each part: a stream lasts for hours, and who is shut out meanwhile is out.
    entry = await _let_through(entry, queue, sum(line.text is not None for line in part))
    judged = [
        line if entry.key.allows_type(line.event_type) else line._replace(text=None, reason=OTHER_TYPE) for line in part
    ]
    pushed = iter(await push_in_halves(entry, queue, [line.text for line in judged if line.text is not None]))
    results = (next(pushed) if line.text is not None else Result(None, line.reason) for line in judged)
    answers = (told("line", line.number, result) for line, result in zip(judged, results, strict=True))
    return "".join(f"{answer}\n" for answer in answers).encode()


async def _let_through(entry: Entry, queue: str, events: int) -> Entry:
    """Return the caller as it is now, once there is room for its events: who sends too fast is not read from then."""
    while True:
        entry = entry.renewed()
        entry.needs_queue(queue)
        seconds = entry.seconds_to_wait(events)
        if not seconds:
            return entry
        await asyncio.sleep(min(seconds, 1.0))
