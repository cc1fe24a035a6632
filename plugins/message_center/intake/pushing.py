"""One event or many, from whichever door of ours: scopes, rates and keys, and a result for each."""

from __future__ import annotations

import json
from itertools import compress
from typing import Any

import psycopg

from message_center.instances.cursors import without_values
from message_center.intake.arrays import elements_of
from message_center.intake.aside import aside
from message_center.intake.bodies import with_fields
from message_center.intake.doors import Entry
from message_center.intake.halving import Halves
from message_center.intake.instance import Result
from message_center.intake.problems import ProblemError, TooDeepError, forbidden, still_under_way

_OTHER_CONTENT = "was used for another event"
OTHER_TYPE = "this caller may not push events of this type"
UNDER_WAY = "MC001"
"""What push_keyed_call says of a call whose twin another process has under way."""


async def push_one(
    entry: Entry, queue: str, text: str, event: Any, key: str | None = None, trace: str | None = None
) -> Result:
    """
    Push one event.

    :param text: its JSON.
    :param event: its head, or what it is instead of an object.
    :param key: an Idempotency-Key, for an event that has none of its own.
    :raises ProblemError: if the caller may not, too often, or not now; or if the key is another event's.
    """
    entry.needs_queue(queue)
    if isinstance(event, dict):
        if not entry.key.allows_type(event.get("type")):
            raise forbidden("This caller may not push events of this type.")
        if key and event.get("idempotency_key") not in (None, key):
            raise ProblemError(
                400,
                "Two idempotency keys",
                "The header Idempotency-Key and the field idempotency_key differ.",
                "Send one of them.",
            )
        text = with_fields(text, event, {"idempotency_key": key, "traceparent": trace})
    entry.spend(1)
    if key is None:
        return await entry.push_one(queue, text)
    with entry.doors.once(entry, key):
        result = await entry.push_one(queue, text)
    if result.reason and _OTHER_CONTENT in result.reason:
        raise other_content()
    return result


async def push_many(entry: Entry, queue: str, text: str, events: list[Any], key: str | None = None) -> list[Result]:
    """
    Push events in one call.

    :param text: the JSON of the array.
    :param events: their heads.
    :param key: an Idempotency-Key: the same call again gets the first answer.
    :raises ProblemError: if the caller may not, too often, or not now; if the key is another call's; if it is too
        large.
    """
    entry.needs_queue(queue)
    entry.spend(len(events))
    refusals = _refusals(entry, events)
    if any(refusals):
        text = f"[{','.join(compress(await aside(elements_of, text), [not refusal for refusal in refusals]))}]"
    try:
        if key is None:
            results = await _push_array(entry, queue, text)
        else:
            results = await _push_keyed(entry, queue, text, key)
    except psycopg.errors.ProgramLimitExceeded as error:
        raise ProblemError(
            413, "The call is too large", without_values(error), "Push the events in several calls."
        ) from None
    except psycopg.Error as error:
        raise ProblemError(
            422,
            "The instance refuses the call",
            without_values(error),
            "Push the events one by one to see which it is.",
        ) from None
    given = iter(results)
    return [Result(None, refusal) if refusal else next(given) for refusal in refusals]


def _refusals(entry: Entry, events: list[Any]) -> list[str | None]:
    """Return why events do not come to the instance; ``None`` for those that do."""
    if entry.key.event_types is None and TooDeepError not in map(type, events):
        return [None] * len(events)
    return [_refusal(entry, event) for event in events]


def _refusal(entry: Entry, event: Any) -> str | None:
    if isinstance(event, TooDeepError):
        return TooDeepError.REASON
    is_allowed = not isinstance(event, dict) or entry.key.allows_type(event.get("type"))
    return None if is_allowed else OTHER_TYPE


async def push_in_halves(entry: Entry, queue: str, events: list[str]) -> list[Result]:
    """Push events together, or in parts where the instance refuses a whole call: a bad one harms none beside it."""
    results: list[Result] = []
    for part in (halves := Halves(events)):
        try:
            results += await entry.push(queue, f"[{','.join(part)}]")
        except psycopg.Error as error:
            results += halves.refused(error)
    return results


async def _push_array(entry: Entry, queue: str, text: str) -> list[Result]:
    try:
        return await entry.push(queue, text)
    except psycopg.errors.ProgramLimitExceeded:
        raise
    except psycopg.Error:
        return await push_in_halves(entry, queue, await aside(elements_of, text))


async def _push_keyed(entry: Entry, queue: str, text: str, key: str) -> list[Result]:
    try:
        with entry.doors.once(entry, key):
            rows = await entry.rows("push_keyed_call", queue, text, key)
    except psycopg.errors.UniqueViolation:
        raise other_content() from None
    except psycopg.Error as error:
        if error.sqlstate == UNDER_WAY:
            raise still_under_way() from None
        raise
    return [Result(int(each["id"]) if each.get("id") else None, each["reason"]) for each in rows[0][0]]


def other_content() -> ProblemError:
    return ProblemError(
        422,
        "The Idempotency-Key was used for something else",
        remedy="Send what was sent with it the first time, or a new key.",
    )


def told(name: str, number: int, result: Result) -> str:
    """
    Return a result among many as callers see it, in JSON: ids as texts, since JavaScript knows no numbers of 64 bits.

    :param name: what the number counts.
    """
    if result.id is not None:
        return f'{{"{name}":{number},"id":"{result.id}"}}'
    return f'{{"{name}":{number},"reason":{json.dumps(result.reason)}}}'


def dumped(value: Any) -> bytes:
    # In ASCII: a text may have halves of characters, which JSON can say and UTF-8 cannot.
    return json.dumps(value, separators=(",", ":")).encode()
