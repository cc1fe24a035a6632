"""What a caller reads of its own events."""

from __future__ import annotations

from typing import Any

from message_center import ctx
from message_center.intake.doors import Entry
from message_center.intake.problems import ProblemError

MAX_FOUND = 100
MAX_LOOKED_AT = 10_000
"""Of both queues together; those of one are found among them."""
MAX_BIGINT = 2**63 - 1


async def read_own(entry: Entry, event_id: str) -> dict[str, Any]:
    """Return an event with all that became of it; see :func:`read_own_text`."""
    found: dict[str, Any] = ctx.read_json(await read_own_text(entry, event_id))
    return found


async def read_own_text(entry: Entry, event_id: str) -> str:
    """
    Return an event with all that became of it as JSON: its numbers are as they were pushed, however long.

    :param event_id: digits.
    :raises ProblemError: if the caller may not read, or has none with this id.
    """
    entry.needs("read")
    rows = await entry.rows("event", int(event_id)) if int(event_id) <= MAX_BIGINT else []
    if not rows or rows[0][0] is None:
        raise no_such_event()
    return str(rows[0][0])


async def find_own(
    entry: Entry, kind: str, value: str, queue: str | None = None, max_events: int = MAX_FOUND
) -> list[dict[str, Any]]:
    """
    Return the newest events that have something, in short.

    :param kind: ``external_id`` or ``address``.
    :param queue: the only one that is looked at; ``None``: both.
    :raises ProblemError: if the caller may not read, or what is looked for can be in no event.
    """
    entry.needs("read")
    if not value or "\0" in value:
        raise ProblemError(400, "What to look for?", remedy="Give external_id or address, and not both.")
    looked_at = MAX_LOOKED_AT if queue else max_events
    rows = await entry.rows(f"events_by_{kind}", value, looked_at, queue, queue, max_events)
    return [event for (event,) in rows]


def no_such_event() -> ProblemError:
    return ProblemError(404, "No such event", "This caller has none with this id.", "Look it up by its external id.")
