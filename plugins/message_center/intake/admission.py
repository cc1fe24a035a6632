"""Letting callers in through the doors, and shutting them out: by the command and by manageCallers alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from message_center.intake.keys import QUEUES, SCOPES, digest_of, id_of
from message_center.sql import statement

Connection = psycopg.Connection[Any]

NAME = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
MAX_EVENT_TYPE_LENGTH = 255  # of an event's own
MAX_EVENTS_PER_SECOND = 1_000_000
MAX_OVERLAP_HOURS = 366 * 24

_NAME = re.compile(NAME)
_ANOTHER_SECRET = "Make another one, with message-center callers secret"


class CallerError(ValueError):
    """What a caller cannot be, or not be given: says why and what to do, and never a secret."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}.")


class Key(NamedTuple):
    """A key of a caller: its id, and until when it is good; ``None``: until another one takes its turn."""

    id: str
    good_until: datetime | None


@dataclass(frozen=True)
class Caller:
    """
    Who may enter, and what it may do.

    :param event_types: that it may push; ``None``: all. So it is with queues, and no limit.
    """

    name: str
    may: Sequence[str]
    event_types: Sequence[str] | None = None
    queues: Sequence[str] | None = None
    max_events_per_second: int | None = None

    def __post_init__(self) -> None:
        """
        See that there can be such a caller.

        :raises CallerError: if there cannot.
        """
        refuse_name(self.name)
        _refuse_choice("it may", self.may, SCOPES)
        _refuse_choice("queues", self.queues or [QUEUES[0]], QUEUES)
        if bad := [each for each in self.event_types or () if not _can_be_type(each)]:
            raise CallerError(
                f"{bad[0][:100]!a} is no event type",
                f"Name types as their events have them: 1 to {MAX_EVENT_TYPE_LENGTH} characters that can be printed",
            )
        if self.max_events_per_second is not None and not 1 <= self.max_events_per_second <= MAX_EVENTS_PER_SECOND:
            raise CallerError(
                f"{self.max_events_per_second} events a second are no limit",
                f"Say 1 to {MAX_EVENTS_PER_SECOND:,}, or nothing for as many as come",
            )

    def keep(self, execution: Connection) -> None:
        """Add it, or change what it may do."""
        given = [self.name, list(self.may), self.event_types or None, self.queues or None, self.max_events_per_second]
        execution.execute(statement("door/set_caller"), given)


def refuse_name(name: str) -> None:
    """
    See that a caller can be called so.

    :raises CallerError: if not.
    """
    if not _NAME.fullmatch(name):
        raise CallerError(
            f"{name[:100]!a} is no name of a caller",
            "Take 1 to 64 of the letters a to z and A to Z, digits, '_', '-' and '.', a letter or digit first",
        )


def is_there(execution: Connection, name: str) -> bool:
    """Tell whether there is a caller of this name."""
    return name in {row[0] for row in execution.execute(statement("door/callers")).fetchall()}


def keys_of(execution: Connection, name: str) -> list[Key]:
    """Return the keys of a caller that are good."""
    rows = execution.execute(statement("door/callers")).fetchall()
    return [Key(row[5], row[7]) for row in rows if row[0] == name and row[5]]


def give_secret(execution: Connection, name: str, secret: str, overlap_hours: float) -> None:
    """
    Give a caller a secret; given again, it changes nothing. Its others stay good for some hours.

    :raises CallerError: if it is none, or was given before and is over, or is another caller's.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise CallerError(f"{overlap_hours:g} hours are no overlap", f"Say 0 to {MAX_OVERLAP_HOURS:,}")
    known = execution.execute(statement("door/caller_key"), [id_of(secret)]).fetchone()
    if known is None:
        execution.execute(
            statement("door/add_caller_key"), [name, id_of(secret), digest_of(secret), overlap_hours * 3600]
        )
        return
    caller, digest, is_good = known
    if caller != name:
        raise CallerError(f"this secret is that of caller {caller!r}", _ANOTHER_SECRET)
    if digest != digest_of(secret):
        raise CallerError("this secret begins like one that was given before, and goes on otherwise", _ANOTHER_SECRET)
    if not is_good:
        raise CallerError("this secret was given before, and is not good any more", _ANOTHER_SECRET)


def remove(execution: Connection, name: str) -> bool:
    """Shut a caller out; return whether it was there."""
    row = execution.execute(statement("door/remove_caller"), [name]).fetchone()
    return bool(row and row[0])


def _refuse_choice(what: str, chosen: Sequence[str], allowed: Sequence[str]) -> None:
    if not chosen or not set(chosen) <= set(allowed):
        raise CallerError(f"what {what} is not known", f"Choose from {', '.join(allowed)}")


def _can_be_type(event_type: str) -> bool:
    return 1 <= len(event_type) <= MAX_EVENT_TYPE_LENGTH and event_type.isprintable() and bool(event_type.strip())
