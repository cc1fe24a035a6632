"""What a caller does with events of its own: replay, cancel, reschedule; one at a time."""

from __future__ import annotations

import uuid
from typing import Any, Literal

import psycopg

from message_center.instances.cursors import without_values
from message_center.instances.transient import is_of_the_data
from message_center.intake.doors import Entry
from message_center.intake.problems import ProblemError, forbidden
from message_center.intake.pushing import other_content
from message_center.intake.reading import MAX_BIGINT, no_such_event

WHEN = 'Send {"scheduled": "2026-12-24T18:00:00+01:00"}, or null for now.'
NOT_ALLOWED = "MC002"
"""What act_on_event_of says of a replay of what the caller may not push."""
Act = Literal["replay", "cancel", "reschedule"]


async def act(
    entry: Entry, kind: Act, event_id: str, key: str | None = None, scheduled: str | None = None
) -> int | None:
    """
    Act on an event.

    :param event_id: digits.
    :param key: an Idempotency-Key: the same act again is the first one.
    :param scheduled: reschedule: the new time; ``None``: now.
    :return: the id of the new event, if there is one.
    :raises ProblemError: if the caller may not, has none with this id, or the event can't be acted on, with the reason.
    """
    entry.needs("act")
    if kind == "replay":
        entry.spend(1)
    if int(event_id) > MAX_BIGINT:
        raise no_such_event()
    number = uuid.uuid5(uuid.NAMESPACE_OID, f"{entry.caller} {kind} {key}") if key else uuid.uuid4()
    rows = await _asked(entry, kind, number, int(event_id), scheduled)
    ((is_known, new_id, reason),) = rows
    if not is_known:
        raise no_such_event()
    if reason is not None:
        raise ProblemError(409, "The event cannot be acted on", reason, "Read the event to see where it stands.")
    return int(new_id) if new_id is not None else None


async def _asked(
    entry: Entry, kind: Act, act: uuid.UUID, event_id: int, scheduled: str | None
) -> list[tuple[Any, ...]]:
    try:
        return await entry.rows("act", kind, act, event_id, scheduled)
    except psycopg.errors.InvalidParameterValue:
        # The only thing about it that may be wrong: the key was another act's.
        raise other_content() from None
    except psycopg.errors.InvalidDatetimeFormat:
        raise ProblemError(422, "When?", "scheduled is not an ISO 8601 date and time.", WHEN) from None
    except psycopg.Error as error:
        if error.sqlstate == NOT_ALLOWED:
            raise forbidden("This caller may not push events of this type to this queue, and a replay does.") from None
        if is_of_the_data(error):
            told = without_values(error)
            raise ProblemError(422, "The instance refuses it", told, "Ask an operator of the instance.") from None
        raise
