"""The story of an event: what happened to it, line by line, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from message_center.channels import ADDRESS_FIELDS
from message_center.events.choice import named, why
from message_center.events.remedies import outlook, remedy_for
from message_center.moments import moment

Row = Mapping[str, Any]

ROUTED = "Pending delivery"
QUEUED = "Pending"
NEVER_ROUTED = ("Event not taken into account",)

_ENRICHED_BY = {"sql": "an SQL statement", "python": "a Python callable"}
_DONE = {
    "replay": "Replayed",
    "cancel": "Cancelled",
    "reschedule": "Moved",
    "quarantine": "Its address was put in quarantine",
    "release": "Its address was released from quarantine",
}


@dataclass(frozen=True)
class Line:
    """
    One line of the timeline.

    :param at: when; ``None`` for what is so now.
    :param what: one word for its kind, by which the page chooses a mark.
    :param reason: why, as the database or a server says it.
    :param remedy: what to do.
    """

    at: datetime | None
    what: str
    text: str
    reason: str | None = None
    remedy: str | None = None
    event_id: str | None = None


@dataclass(frozen=True)
class Traces:
    """
    What is known of an event: the row itself, and what refers to it.

    :param event: the instance's, or the archive's where that has purged it.
    :param live: whether the instance has it.
    :param archived: the archive's row, if it has one.
    """

    event: Row
    live: bool
    archived: Row | None = None
    delivery: Row | None = None
    tries: Sequence[Row] = ()
    tracking: Sequence[Row] = ()
    quarantine: Row | None = None
    event_type: Row | None = None
    template: Row | None = None
    candidates: Sequence[Row] | None = None
    acts: Sequence[Row] = ()
    address_acts: Sequence[Row] = ()
    replays: Sequence[Row] = field(default_factory=list)

    @property
    def address(self) -> str | None:
        """The address of the event's channel."""
        return address_of(self.event)


def address_of(event: Row) -> str | None:
    """Return the address of an event's channel."""
    address: str | None = event.get(ADDRESS_FIELDS.get(event["wished_channel"], "email"))
    return address


def story(traces: Traces) -> list[Line]:
    """Return the timeline, the oldest first; what is so now comes last."""
    lines = [
        *_intake(traces),
        *_routing(traces),
        *_delivery(traces),
        *_tracking(traces),
        *_acts(traces),
        *_archive(traces),
        *_now(traces),
    ]
    return sorted(lines, key=lambda line: (line.at is None, line.at or 0))


def _at(value: str | None) -> datetime | None:
    return moment(value) if value else None


def _intake(traces: Traces) -> Iterator[Line]:
    event = traces.event
    said = ", ".join(f"{name} {event[name]}" for name in ("caller", "origin", "external_id") if event.get(name))
    whose = f" ({said.replace('external_id', 'external id')})" if said else ""
    text = f"Pushed to the {event['queue']} queue{whose}"
    if event["replay_of"]:
        yield Line(_at(event["created_at"]), "pushed", f"{text}, as a replay", event_id=str(event["replay_of"]))
    else:
        yield Line(_at(event["created_at"]), "pushed", text)
    if event["scheduled"]:
        yield Line(_at(event["scheduled"]), "scheduled", "Not to be processed before this time")
    if event["enriched_at"]:
        by = _ENRICHED_BY.get((traces.event_type or {}).get("enrichment") or "", "its type's enrichment")
        yield Line(_at(event["enriched_at"]), "enriched", f"Its data were enriched by {by}")


def _routing(traces: Traces) -> Iterator[Line]:
    event, at = traces.event, _at(traces.event["processed_at"])
    reason = event["status_reason"]
    if event["template_id"] is not None:
        template = traces.template or {"internal_name": f"template {event['template_id']}", "version": "?"}
        because = (
            why(event["template_id"], traces.candidates, event["language"]) if traces.candidates is not None else None
        )
        yield Line(at, "linked", f"Linked to {named(template)}{_published(template)}", because)
    elif event["status"] in NEVER_ROUTED or (event["status"] == "Expired" and not traces.delivery):
        yield Line(at or _at(event["modified_at"]), "ended", event["status"], reason, remedy_for(reason))


def _published(template: Row) -> str:
    by = template.get("requested_by")
    comment = f": {template['comment']}" if template.get("comment") else ""
    return f", published by {by}{comment}" if by else ""


def _delivery(traces: Traces) -> Iterator[Line]:
    event, log = traces.event, traces.delivery
    if log is None:
        if event["template_id"] is not None and event["status"] not in (QUEUED, ROUTED):
            reason = event["status_reason"]
            yield Line(_at(event["modified_at"]), "ended", event["status"], reason, remedy_for(reason))
        return
    engine = f" by {log['engine']}" if log["engine"] else ""
    yield Line(_at(log["created_at"]), "claimed", f"Claimed{engine}, for {log['address']}")
    yield from _tries(traces.tries, log)
    message, at = log.get("message"), _at(log["modified_at"])
    remedy = remedy_for(message, log.get("failure_reason"))
    tries = "one try" if log["tries"] == 1 else f"{log['tries']} tries"
    if log["status"] != ROUTED:
        yield Line(at, "ended", f"{log['status']}, after {tries}", message or event["status_reason"], remedy)
    elif log.get("in_hand") or not message:
        yield Line(at, "sending", f"In hand{engine}, leased until {log['retry_at']}")
    else:
        again = outlook(log.get("failure_reason"))
        yield Line(at, "tried", f"After {tries}: to be tried again at {log['retry_at']}", message, again)


def _tries(tries: Sequence[Row], log: Row) -> Iterator[Line]:
    """Yield what was tried before what the delivery log says now."""
    for number, each in enumerate(tries, 1):
        at = _at(each["tried_at"])
        if each["status"] != ROUTED:
            yield Line(at, "sent", f"{each['status']}; it bounced later", each["message"])
        elif each["tried_at"] != log["modified_at"]:
            yield Line(at, "tried", f"Try {number} failed, and was to be repeated", each["message"])


def _tracking(traces: Traces) -> Iterator[Line]:
    for each in traces.tracking:
        where = each.get("label") or each.get("url")
        text = "Opened" if each["kind"] == "open" else f"Clicked{f': {where}' if where else ''}"
        yield Line(_at(each["logged_at"]), each["kind"], text)


def _acts(traces: Traces) -> Iterator[Line]:
    told = {act["new_event_id"] for act in traces.acts}
    for act in traces.acts:
        by, at = f"by {act['requested_by']}: {act['reason']}", _at(act["begun_at"])
        if act["is_new"]:
            yield Line(at, "act", f"Made by a replay {by}", event_id=act["event_id"])
        elif act["refused"]:
            yield Line(at, "act", f"A replay was asked for {by}, and refused", act["refused"])
        else:
            to = f" to {act['scheduled'] or 'now'}" if act["kind"] == "reschedule" else ""
            yield Line(at, "act", f"{_DONE[act['kind']]}{to} {by}", event_id=act["new_event_id"])
    for act in traces.address_acts:
        text = f"{_DONE[act['kind']]} by {act['requested_by']}: {act['reason']}"
        yield Line(_at(act["begun_at"]), "act", text)
    for replay in traces.replays:
        if replay["id"] not in told:
            text = f"Replayed by its sender; the new event is {replay['status']}"
            yield Line(_at(replay["created_at"]), "replayed", text, event_id=replay["id"])


def _archive(traces: Traces) -> Iterator[Line]:
    if traces.archived is not None:
        text = "Archived" if traces.live else "Archived; its instance has purged it since"
        yield Line(_at(traces.archived["archived_at"]), "archived", text)


def _now(traces: Traces) -> Iterator[Line]:
    event, stop = traces.event, traces.event_type or {}
    reason = event["status_reason"]
    if event["status"] == QUEUED:
        when = event["process_requested_on"]
        text = f"Waits until {when}" if when else "Waits for the next look at its queue"
        yield Line(None, "waits", text, reason, remedy_for(reason) or _waiting(event))
    if event["status"] == ROUTED and traces.delivery is None:
        yield Line(None, "waits", "Waits for an engine", None, "See the heartbeat of the delivery, if it lasts.")
    if traces.delivery and event["status"] != traces.delivery["status"] and traces.live:
        text = f"Its delivery log says {traces.delivery['status']!r}, its status is to follow"
        yield Line(None, "waits", text, None, "See the heartbeat of the status update, if it lasts.")
    if stop.get("stopped_at"):
        remedy = remedy_for("is stopped: ")
        yield Line(None, "stopped", "Its event type is stopped", stop["stopped_reason"], remedy)
    if traces.quarantine:
        quarantined_at = moment(traces.quarantine["quarantined_at"])
        since = f"Its address is in quarantine since {quarantined_at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
        yield Line(None, "quarantine", since, traces.quarantine["message"], remedy_for("address in quarantine"))


def _waiting(event: Row) -> str:
    return (
        "Move it to now, or cancel it."
        if event["process_requested_on"]
        else ("If it lasts, see that the workflow of its queue is unpaused, and its heartbeat.")
    )
