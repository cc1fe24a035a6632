"""What each operation may do, and what it must: the difference between before and after, judged by the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from model.model import (
    ARROWS,
    ENRICHED_TYPE,
    EXPIRED,
    FAILED,
    GREATEST_DELIVERY_TRIES,
    GREATEST_TRIES,
    IGNORED,
    NOT_TAKEN,
    PENDING,
    PENDING_DELIVERY,
    SENT,
    Event,
    Fate,
    Log,
    Picture,
    claimed,
    enrichment_fails,
    is_past,
    needs_care,
    reason_of_stop,
    routed,
)
from model.sessions import Session

K = TypeVar("K")
V = TypeVar("V")
Owners = Collection[Session]

GRACE_SECONDS = 2.5
UNREADABLE = {
    "a\0b": "not storable: unsupported Unicode escape sequence",
    "x" * 2001: "message is longer than 2000 bytes",
}


def differing(old: Mapping[K, V], new: Mapping[K, V]) -> dict[K, tuple[V | None, V | None]]:
    """Return what differs between two mappings: old and new value by key."""
    if old == new:
        return {}
    return {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)}


@dataclass(frozen=True)
class Step:
    """
    What one transaction did, not necessarily committed yet.

    :param moments: everything that was committed at one time or another while it was under way.
    """

    result: Any
    before: Picture
    after: Picture
    moments: list[Picture]

    @cached_property
    def events(self) -> dict[int, tuple[Event | None, Event | None]]:
        """Which events it changed."""
        return differing(self.before.events, self.after.events)

    @cached_property
    def logs(self) -> dict[int, tuple[Log | None, Log | None]]:
        """Which delivery logs it changed, by event."""
        return differing(self.before.logs, self.after.logs)

    @property
    def now(self) -> float:
        """The time at its end."""
        return self.after.now

    def becoming(self) -> Counter[str]:
        """How many events it gave which status."""
        return Counter(new.status for old, new in self.events.values() if new and (not old or old.status != new.status))

    def check(self, *may_change: str, may_go: str | None = None) -> None:
        """Check what holds for every operation, and that nothing changed but what may, or went but what may."""
        for part in ("events", "logs", "quarantine", "templates", "types"):
            if part not in may_change:
                was, is_now = getattr(self.before, part), getattr(self.after, part)
                assert was == is_now, f"{part} changed: {was} to {is_now}"
        for old, new in self.events.values():
            assert new is not None or may_go == "events", f"lost: {old}"
            if old is not None and new is not None:
                assert new.status == old.status or new.status in ARROWS[old.status], f"no such arrow: {old} to {new}"
                assert old.template in (None, new.template), f"another template: {old} to {new}"
                assert old[:7] == new[:7], f"another event: {old} to {new}"
        for was_log, log in self.logs.values():
            assert log is not None or may_go == "logs", f"lost: {was_log}"
            if was_log is not None and log is not None:
                assert log.status == was_log.status or log.status in ARROWS[was_log.status], (
                    f"no such arrow: {was_log} to {log}"
                )
        assert self.before.quarantine <= self.after.quarantine


def one_of(fates: Iterable[Fate], fate: Fate) -> bool:
    """Tell whether a fate is one of some. An expired one's reason has a date in it, and its template is as may be."""
    return any(each == fate or each.status == fate.status == EXPIRED for each in fates)


def check_route(step: Step, queue: str, max_events: int) -> None:
    """Each event routed comes to the fate that the templates and switches of that time have for it."""
    step.check("events")
    for old, new in step.events.values():
        assert old is not None
        assert new is not None
        assert (old.queue, old.status) == (queue, PENDING), f"not to be routed: {old} to {new}"
        if old.requested_on is None:
            if new.requested_on is not None and new.errors == 0 and new.status == PENDING:
                assert any(needs_care(old, moment) for moment in step.moments), f"postponed: {old}"
                continue
        else:
            assert is_past(old.requested_on, step.now), f"before its time: {old} to {new}"
        if new.errors > old.errors:
            check_postponed(old, new, step.now)
            continue
        fates = [routed(old, moment, step.now) for moment in step.moments]
        assert one_of(fates, Fate(new.status, new.reason, new.template)), f"{old} to {new}, and not {fates}"
        assert new.enriched or (new.type, new.status) != (ENRICHED_TYPE, PENDING_DELIVERY), f"not enriched: {new}"
    became = step.becoming()
    told = step.result
    assert (told["routed"], told["not_taken_into_account"]) == (became[PENDING_DELIVERY], became[NOT_TAKEN])
    assert len(step.events) <= 2 * max_events, "more than asked for, and some that have come due"


def check_postponed(old: Event, new: Event, now: float) -> None:
    """What cannot be enriched waits, until it has been tried often enough."""
    assert enrichment_fails(old, now), f"postponed: {old} to {new}"
    assert new.errors == old.errors + 1
    is_last = new.errors >= GREATEST_TRIES
    assert new.status == (EXPIRED if is_last else PENDING), f"after {new.errors} tries: {new}"
    assert "division by zero" in (new.reason or "")


def check_claim(step: Step, channel: int, engine: str, max_events: int, session: Session, sessions: Owners) -> None:
    """Each claim is of an event that nobody has, that is not stopped, not in quarantine, and not past its date."""
    step.check("logs")
    kept = set()
    for id, (old, new) in step.logs.items():
        assert new is not None
        if old is not None and new == old._replace(retry_at=new.retry_at):
            check_ended_lease(old, new, sessions)
            continue
        assert (new.channel, new.engine, new.owner) == (channel, engine, session.owner)
        if old is None:
            assert step.before.events[id].status == PENDING_DELIVERY, f"claimed: {new}"
        else:
            assert old.status == PENDING_DELIVERY, f"claimed again: {old}"
            assert is_past(old.retry_at, step.now), f"under a lease, or before its time: {old} to {new}"
        fates = [claimed(moment.events.get(id), old, moment, step.now) for moment in step.moments]
        reason = new.message if new.status in (IGNORED, FAILED) else None
        assert one_of(fates, Fate(new.status, reason)), f"{old} to {new}, and not {fates}"
        if new.status == PENDING_DELIVERY:
            kept.add(id)
            assert new.tries == (old.tries + 1 if old else 1)
    # An event that was deleted in the meantime is nobody's to send.
    assert sorted(kept & step.after.events.keys()) == sorted(step.result), "what is returned is what is claimed"
    assert len(kept) <= max_events


def check_ended_lease(old: Log, new: Log, sessions: Owners) -> None:
    """Only the dead lose their leases before their time."""
    assert old.owner not in {each.owner for each in sessions}, f"its owner lives: {old} to {new}"
    assert (old.retry_at or 0) > (new.retry_at or 0), f"not sooner: {old} to {new}"


def check_leases(picture: Picture, sessions: Owners) -> None:
    """Nobody dead has a lease, but for a moment in which an engine whose connection broke may come back."""
    living = {None, *(each.owner for each in sessions)}
    theirs = [log for log in picture.logs.values() if log.status == PENDING_DELIVERY and log.owner not in living]
    assert not [log for log in theirs if (log.retry_at or 0) > picture.now + GRACE_SECONDS], f"of the dead: {theirs}"


def check_renewed(step: Step, session: Session) -> None:
    """Leases of its own that were near their end are long again."""
    step.check("logs")
    for old, new in step.logs.values():
        assert old is not None
        assert new is not None
        assert new == old._replace(retry_at=new.retry_at)
        assert old.owner == session.owner
        assert (old.retry_at or 0) < (new.retry_at or 0)
    assert step.result == len(step.logs)


def refusal(outcome: Mapping[str, Any], log: Log | None, engine: str) -> str | None:
    """Return why an outcome cannot be logged."""
    status = outcome["status"]
    if (reason := unreadable(outcome)) is not None:
        return reason
    if log is None:
        return "the event was not claimed"
    if (log.status, status) == (SENT, FAILED):
        return None
    if log.status != PENDING_DELIVERY:
        return f'the event is already "{log.status}"'
    if log.engine != engine:
        return f"the event is leased to {log.engine}"
    return None


def unreadable(outcome: Mapping[str, Any]) -> str | None:
    """Return why an outcome is none, whatever event it is of."""
    status = outcome["status"]
    if status not in (SENT, IGNORED, FAILED, PENDING_DELIVERY):
        return "status is none of Sent, Ignored by the delivery, Delivery failed, Pending delivery"
    if status in (IGNORED, FAILED) and "failure_type" not in outcome:
        return "failure_type or message is missing"
    if outcome.get("failure_reason", 0) > 32767:
        return "failure_reason is not a whole number"
    return UNREADABLE.get(outcome.get("message", ""))


def logged(log: Log, outcome: Mapping[str, Any]) -> tuple[str, int, str | None]:
    """Return status, tries and message of a log after an outcome."""
    status, tries = outcome["status"], log.tries
    if status == PENDING_DELIVERY and "failure_type" in outcome and tries >= GREATEST_DELIVERY_TRIES:
        status = FAILED
    if status == PENDING_DELIVERY and "failure_type" not in outcome:
        tries = max(0, tries - 1)
    return status, tries, outcome.get("message") if "failure_type" in outcome else None


def check_log(step: Step, engine: str, outcomes: list[dict[str, Any]]) -> None:
    """Outcomes of whoever holds the lease are kept, a bounce of anyone's, and nothing else."""
    step.check("logs", "quarantine")
    refused = dict(step.result)
    twice: set[int] = set()
    expected_quarantine = set()
    for position, outcome in enumerate(outcomes, 1):
        id = outcome["event_id"]
        reasons = {refusal(outcome, moment.logs.get(id), engine) for moment in step.moments}
        if id in twice:
            reasons = {reason or "the event has another outcome in this call" for reason in reasons}
        if position not in refused:
            twice.add(id)
        assert refused.get(position) in reasons, f"{outcome}: {refused.get(position)}, and not {reasons}"
        if position not in refused:
            old, new = step.before.logs[id], step.after.logs[id]
            assert (new.status, new.tries, new.message) == logged(old, outcome), f"{outcome}: {old} to {new}"
            assert (new.retry_at is not None) == (new.status == PENDING_DELIVERY)
            if new.status == FAILED and outcome.get("failure_type") == "hard":
                expected_quarantine.add((new.channel, new.address.lower()))
    accepted = {outcome["event_id"] for position, outcome in enumerate(outcomes, 1) if position not in refused}
    assert step.logs.keys() <= accepted, "a refused outcome is logged"
    assert step.after.quarantine == step.before.quarantine | expected_quarantine


def check_copy(step: Step) -> None:
    """Each event changed has the status and the reason that its log has, or had."""
    step.check("events")
    for id, (old, new) in step.events.items():
        assert new is not None
        logs = [moment.logs[id] for moment in step.moments if id in moment.logs]
        assert any(log.status == new.status and log.message in (None, new.reason) for log in logs), (
            f"{old} to {new}, and not {logs}"
        )
    became = step.becoming()
    told = {SENT: step.result["sent"], IGNORED: step.result["ignored"], FAILED: step.result["failed"],
            EXPIRED: step.result["expired"]}  # fmt: skip
    assert told == {status: became[status] for status in told}


def check_expired(step: Step, queue: str) -> None:
    """What expires in nobody's hands is past its date, and in nobody's hands."""
    step.check("events")
    for id, (old, new) in step.events.items():
        assert old is not None
        assert new is not None
        assert (old.queue, old.status, new.status) == (queue, PENDING_DELIVERY, EXPIRED)
        assert is_past(old.expiration, step.now), f"before its date: {old}"
        assert id not in step.after.logs, f"an engine has it: {new}, {step.after.logs[id]}"
    assert step.result == len(step.events)


def check_ignored(step: Step) -> None:
    """What a stopped type leaves is in nobody's hands."""
    step.check("events")
    for id, (old, new) in step.events.items():
        assert old is not None
        assert new is not None
        assert (old.status, new.status) == (PENDING_DELIVERY, IGNORED)
        reasons = {reason_of_stop(old.type, moment) for moment in step.moments} - {None}
        assert new.reason in reasons, f"not stopped: {new}"
        assert id not in step.after.logs, f"an engine has it: {new}, {step.after.logs[id]}"
    assert step.result == len(step.events)
