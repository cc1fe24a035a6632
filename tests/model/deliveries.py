"""Engines claim and log, messages bounce, and statuses are copied."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model import work
from model.checks import (
    Step,
    check_claim,
    check_copy,
    check_expired,
    check_ignored,
    check_leases,
    check_log,
    check_renewed,
)
from model.model import FINAL, PENDING_DELIVERY, SENT
from model.queues import reach_the_end
from model.sessions import Session
from model.stage import ANY, HOLD, LARGE, QUEUES, SIZES, SMALL, Stage, chosen

ENGINES = ("engine a", "engine b")
ENGINE = st.sampled_from(ENGINES)
CHANNEL = st.sampled_from((0, 0, 1))
LEASE = st.sampled_from(("1 h", "1 h", "0 s"))
OUTCOMES = st.lists(st.tuples(ANY, st.sampled_from(sorted(work.OUTCOMES))), min_size=1, max_size=3)
QUARANTINED = ("ann@shop.example", "bob@shop.example")


class Deliveries(Stage):
    """The contract with delivery engines, and updateEventStatus."""

    @rule(session=ANY, channel=CHANNEL, engine=ENGINE, lease=LEASE, max_events=SIZES, hold=HOLD)
    def claim(self, session: int, channel: int, engine: str, lease: str, max_events: int, hold: bool) -> None:
        self.claiming(self.idle(session), channel, engine, lease, max_events, hold)

    @rule(session=ANY, channel=CHANNEL, engine=ENGINE)
    def claim_for_a_moment(self, session: int, channel: int, engine: str) -> None:
        """An engine claims and is never seen again: its lease runs out at once."""
        self.claiming(self.idle(session), channel, engine, "0 s", SMALL)

    @rule(session=ANY, channel=CHANNEL, engine=ENGINE)
    def claim_to_the_end(self, session: int, channel: int, engine: str) -> None:
        self.claim_all(self.idle(session), channel, engine)

    @rule(session=ANY, renew=st.booleans())
    def hold_claims(self, session: int, renew: bool) -> None:
        """An engine lets others see that it is at work, and its leases begin anew."""
        owner = self.idle(session)
        owner.hold_claims()
        if renew:
            self.director.run(owner, work.renew, partial(check_renewed, session=owner))

    @rule(session=ANY, channel=CHANNEL, engine=ENGINE)
    def take_over(self, session: int, channel: int, engine: str) -> None:
        """An engine that holds its claims dies, and the next one sees it at once."""
        mortal = self.idle(session)
        mortal.hold_claims()
        if self.claiming(mortal, channel, engine):
            self.director.begin_anew(mortal)
            self.claiming(mortal, channel, engine)
            if not self.director.tasks:
                check_leases(self.picture, self.world.sessions)

    def claiming(
        self,
        session: Session,
        channel: int,
        engine: str,
        lease: str = "1 h",
        max_events: int = LARGE,
        hold: bool = False,
    ) -> Step | None:
        sessions = self.world.sessions
        check = partial(
            check_claim, channel=channel, engine=engine, max_events=max_events, session=session, sessions=sessions
        )
        claim = partial(work.claim, channel=channel, engine=engine, lease=lease, max_events=max_events)
        return self.director.run(session, claim, check, hold=hold)

    def claim_all(self, session: Session, channel: int, engine: str) -> None:
        """Claim until there was nothing twice: then all has a log that was there, but what others hold."""
        if not reach_the_end(lambda: self.claiming(session, channel, engine), lambda step: not step.result):
            return
        beyond = self.director.locked()
        for event in self.picture.events.values():
            if event.channel == channel and event.status == PENDING_DELIVERY and event.id not in beyond:
                assert event.id in self.picture.logs, f"left behind: {event}"

    @rule(session=ANY, outcomes=OUTCOMES, hold=HOLD)
    def log(self, session: int, outcomes: list[tuple[int, str]], hold: bool) -> None:
        """An engine says what became of some events, those that it holds and others."""
        if told := self.outcomes(outcomes):
            self.logging(self.idle(session), self.holder(told[0]["event_id"]), told, hold)

    @rule(session=ANY, numbers=st.lists(ANY, min_size=1, max_size=3), hold=HOLD)
    def log_what_is_sent(self, session: int, numbers: list[int], hold: bool) -> None:
        """An engine has sent what it was to send."""
        self.log(session, [(number, "sent") for number in numbers], hold)

    @rule(session=ANY, outcomes=OUTCOMES, engine=ENGINE, hold=HOLD)
    def log_of_anybody(self, session: int, outcomes: list[tuple[int, str]], engine: str, hold: bool) -> None:
        """An engine comes back from a long sleep, and says what became of what it held once."""
        if told := self.outcomes(outcomes):
            self.logging(self.idle(session), engine, told, hold)

    def outcomes(self, wanted: list[tuple[int, str]]) -> list[dict[str, Any]]:
        """Return outcomes of events that are under way, for the most part."""
        logs = sorted(self.picture.logs.values(), key=lambda log: (log.status != PENDING_DELIVERY, log.event))
        ids = [log.event for log in logs] or sorted(self.picture.events)
        return [work.OUTCOMES[kind] | {"event_id": chosen(ids, number)} for number, kind in wanted if ids]

    def holder(self, event: int) -> str:
        """Return who has an event under a lease."""
        log = self.picture.logs.get(event)
        return (log and log.engine) or ENGINES[0]

    def logging(self, session: Session, engine: str, outcomes: list[dict[str, Any]], hold: bool = False) -> None:
        check = partial(check_log, engine=engine, outcomes=outcomes)
        self.director.run(session, lambda c: work.log(c, engine, outcomes), check, hold=hold)

    @rule(session=ANY, number=ANY, what=st.sampled_from(("bounce", "quarantine", "track")), hold=HOLD)
    def hear_from_outside(self, session: int, number: int, what: str, hold: bool) -> None:
        """A message bounces, somebody follows a link, an operator puts an address in quarantine."""
        sent = sorted(id for id, log in self.picture.logs.items() if log.status == SENT)
        if what == "quarantine":
            self.quarantining(self.idle(session), chosen(QUARANTINED, number), hold)
        elif sent and what == "bounce":
            outcome = work.OUTCOMES["hard"] | {"event_id": chosen(sent, number)}
            self.logging(self.idle(session), work.BOUNCES, [outcome], hold)
        elif sent:
            self.tracking(self.idle(session), chosen(sent, number), hold)

    def tracking(self, session: Session, id: int, hold: bool = False) -> None:
        self.director.run(session, lambda c: work.track(c, id), lambda step: step.check(), hold=hold)

    def quarantining(self, session: Session, address: str, hold: bool) -> None:
        def check(step: Step) -> None:
            step.check("quarantine")
            assert step.after.quarantine == step.before.quarantine | {(0, address)}

        self.director.run(session, lambda c: work.quarantine(c, 0, address), check, hold=hold)

    @rule(session=ANY, max_rows=SIZES, hold=HOLD)
    def copy(self, session: int, max_rows: int, hold: bool) -> None:
        self.copying(self.idle(session), max_rows, hold)

    @rule(session=ANY, save=st.booleans())
    def copy_to_the_end(self, session: int, save: bool) -> None:
        self.copy_all(self.idle(session), save)

    def copying(self, session: Session, max_rows: int, hold: bool = False) -> Step | None:
        return self.director.run(session, lambda c: work.copy(c, max_rows), check_copy, hold=hold)

    def copy_all(self, session: Session, save: bool) -> None:
        """Copy until the end is reached twice: then every event that was there says what its log says."""
        if not reach_the_end(lambda: self.copying(session, LARGE), lambda step: not step.result["more"]):
            return
        if not self.director.tasks:
            self.check_copied()
        if save:
            self.director.run(session, work.save_watermark, lambda step: step.check())

    def check_copied(self) -> None:
        """Every event says what its log says, or said before it was purged."""
        for log in (*self.purged_logs.values(), *self.picture.logs.values()):
            event = self.picture.events.get(log.event)
            assert event is None or log.status not in FINAL or event.status == log.status, (
                f"not what its log says: {event}, {log}"
            )

    @rule(session=ANY, what=st.sampled_from(("stopped", *QUEUES)), hold=HOLD)
    def maintain(self, session: int, what: str, hold: bool) -> None:
        """What a window does now and then: end what nobody has taken in time, and what was stopped."""
        if what == "stopped":
            self.director.run(self.idle(session), work.ignore_stopped, check_ignored, hold=hold)
        else:
            check = partial(check_expired, queue=what)
            self.director.run(self.idle(session), lambda c: work.expire(c, what), check, hold=hold)
