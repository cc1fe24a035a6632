"""The domain page as a few functions: what may become of an event, and what must."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

PENDING = "Pending"
PENDING_DELIVERY = "Pending delivery"
SENT = "Sent"
IGNORED = "Ignored by the delivery"
FAILED = "Delivery failed"
NOT_TAKEN = "Event not taken into account"
EXPIRED = "Expired"

ARROWS: dict[str, frozenset[str]] = {
    PENDING: frozenset({PENDING_DELIVERY, NOT_TAKEN, EXPIRED}),
    PENDING_DELIVERY: frozenset({SENT, IGNORED, FAILED, EXPIRED}),
    SENT: frozenset({FAILED}),
    IGNORED: frozenset(),
    FAILED: frozenset(),
    NOT_TAKEN: frozenset(),
    EXPIRED: frozenset(),
}
FINAL = frozenset({SENT, IGNORED, FAILED, NOT_TAKEN, EXPIRED})

GREATEST_TRIES = 3
GREATEST_DELIVERY_TRIES = 3

CONDITION = "$.ctx.n > 1"
ENRICHED_TYPE = "points"


class Event(NamedTuple):
    """A row of either queue. Times are seconds since the epoch."""

    id: int
    queue: str
    type: str
    channel: int
    address: str
    language: str | None
    n: int
    expiration: float | None
    status: str
    reason: str | None
    template: int | None
    errors: int
    requested_on: float | None
    enriched: bool
    created: float


class Log(NamedTuple):
    """A row of the delivery log, with the text of its qualification."""

    event: int
    channel: int
    address: str
    status: str
    engine: str | None
    tries: int
    retry_at: float | None
    message: str | None
    created: float
    owner: int | None = None


class Template(NamedTuple):
    """A live message template: one queue, one language."""

    id: int
    name: str
    version: int
    queue: str
    language: str
    type: str
    channel: int
    priority: int
    condition: str | None
    published: float


@dataclass(frozen=True)
class Picture:
    """What an execution instance holds; ``types`` has the reason for which each event type is stopped, or nothing."""

    now: float = 0.0
    events: dict[int, Event] = field(default_factory=dict)
    logs: dict[int, Log] = field(default_factory=dict)
    quarantine: frozenset[tuple[int, str]] = frozenset()
    templates: dict[int, Template] = field(default_factory=dict)
    types: dict[str, str | None] = field(default_factory=dict)


class Fate(NamedTuple):
    """What an operation makes of an event: its status, why, and by which template."""

    status: str
    reason: str | None = None
    template: int | None = None


def reason_of_stop(event_type: str, picture: Picture) -> str | None:
    """Return why nothing of a type goes out now."""
    reason = picture.types.get(event_type)
    return f'event type "{event_type}" is stopped: {reason}' if reason else None


def is_past(at: float | None, now: float) -> bool:
    """Tell whether a time has come."""
    return at is not None and at <= now


def candidates(event: Event, picture: Picture) -> list[dict[str, Template]]:
    """Return the live templates for an event in the order in which they are asked, each by language."""
    by_name: dict[str, dict[str, Template]] = {}
    for template in picture.templates.values():
        if (template.queue, template.type, template.channel) == (event.queue, event.type, event.channel):
            by_name.setdefault(template.name, {})[template.language] = template
    return sorted(by_name.values(), key=lambda one: (-one[""].priority, -one[""].published, one[""].name))


def needs_care(event: Event, picture: Picture) -> bool:
    """Tell whether the first template has a condition, or the type an enrichment."""
    first = candidates(event, picture)[:1]
    is_stopped = reason_of_stop(event.type, picture) is not None
    return bool(first) and not is_stopped and (event.type == ENRICHED_TYPE or first[0][""].condition is not None)


def routed(event: Event, picture: Picture, now: float) -> Fate:
    """Return what routing makes of an event whose time has come."""
    if is_past(event.expiration, now):
        return Fate(EXPIRED)
    if event.type not in picture.types:
        return Fate(NOT_TAKEN, f'unknown event type "{event.type}"')
    if stopped := reason_of_stop(event.type, picture):
        return Fate(NOT_TAKEN, stopped)
    for template in candidates(event, picture):
        if template[""].condition is None or event.n > 1:
            return Fate(PENDING_DELIVERY, None, template.get(event.language or "", template[""]).id)
    return Fate(
        NOT_TAKEN,
        f'no published message template for event type "{event.type}", channel {event.channel}, '
        f"in the {event.queue} queue",
    )


def enrichment_fails(event: Event, now: float) -> bool:
    """Tell whether an event's enrichment divides by zero."""
    return event.type == ENRICHED_TYPE and event.n == 0 and not event.enriched and not is_past(event.expiration, now)


def claimed(event: Event | None, log: Log | None, picture: Picture, now: float) -> Fate:
    """Return what a claim makes of an event that is nobody's, or whose lease has run out."""
    if event is None:
        return Fate(IGNORED, "the event was deleted")
    if stopped := reason_of_stop(event.type, picture):
        return Fate(IGNORED, stopped)
    if is_past(event.expiration, now):
        return Fate(EXPIRED)
    if (event.channel, event.address.lower()) in picture.quarantine:
        return Fate(IGNORED, "address in quarantine")
    if log is not None and log.tries >= GREATEST_DELIVERY_TRIES:
        return Fate(FAILED, "given up after the maximum number of tries")
    return Fate(PENDING_DELIVERY)
