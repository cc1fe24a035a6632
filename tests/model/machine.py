"""Random interleavings of everything that happens to an execution instance and its archive."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from message_center.archive.purge import PURGES, Purge
from model import work
from model.deliveries import ENGINES, Deliveries
from model.listeners import Wants
from model.losses import Losses
from model.model import EXPIRED, FINAL, NOT_TAKEN, PENDING, PENDING_DELIVERY, SENT
from model.publications import AT_FIRST
from model.publishing import Publishing
from model.purging import Purging
from model.pushes import Spec
from model.queues import PUSHED
from model.sessions import Session
from model.stage import LARGE, QUEUE, QUEUES
from model.telling import WANTED
from model.troubles import Troubles
from model.world import look

GREATEST_ROUNDS = 12
# Pushed, routed, claimed, sent, archived.
PROGRESS = st.sampled_from((0, 1, 2, 3, 4, 4, 5, 5))


class MessageCenter(Purging, Deliveries, Publishing, Losses, Troubles):
    """Shops, windows, engines, operators, webhooks, archiving runs and purges on one execution instance."""

    @initialize(variant=st.integers(0, 1), pushed=PUSHED, progress=PROGRESS, wanted=WANTED)
    def begin(self, variant: int, pushed: list[Any], progress: int, wanted: Wants) -> None:
        """Publish, and bring some events on their way."""
        session = self.world.sessions[0]
        self.begin_telling(wanted)
        self.publishing(list(AT_FIRST), variant)
        self.deploying(session, list(AT_FIRST))
        for queue in QUEUES if progress else ():
            self.pushing(session, queue, pushed)
        if progress > 1:
            self.route_all(session, "rt")
        if progress > 2:
            self.claim_all(session, 0, ENGINES[0])
        if progress > 3:
            self.send_everything(session)
            self.copy_all(session, save=True)
        if progress > 4:
            for id in self.picture.logs:
                self.tracking(session, id)
            self.archive_everything()

    @rule(queue=QUEUE, what=st.sampled_from((None, *PURGES)))
    def meet_another_server(self, queue: str, what: Purge | None) -> None:
        """A server takes over, an event ends there, and a purge or an archiving run is the first to come by."""
        self.fail_over()
        self.pushing(self.world.sessions[0], queue, [Spec(type="pigeon")])
        self.route_all(self.world.sessions[0], queue)
        if what:
            self.purge(session=0, what=what, fresh=False, kept_hours=0, max_rows=LARGE, hold=False)
        else:
            self.archive(group="events", rows=LARGE, mode="on", number=0)

    def teardown(self) -> None:
        """Let everything come to a quiet end, and check all that was promised."""
        if sys.exc_info()[0] is not None:
            return
        self.director.end()
        self.tell_everything()
        old_session = self.world.sessions[1]
        for queue in QUEUES:
            self.route_all(old_session, queue)
        self.claim_all(old_session, 0, ENGINES[1])
        self.settle_everything(self.world.sessions[0])
        self.check_statuses()
        self.check_statistics()
        self.archive_everything()

    def settle_everything(self, session: Session) -> None:
        """A new session brings everything to a final status, as time goes on."""
        self.director.begin_anew(session)
        for _ in range(GREATEST_ROUNDS):
            for queue in QUEUES:
                if self.has_status(PENDING, queue):
                    self.route_all(session, queue)
            if self.has_status(PENDING_DELIVERY):
                for channel in (0, 1):
                    self.claim_all(session, channel, ENGINES[1])
                self.send_everything(session)
            self.copy_all(session, save=True)
            if all(event.status in FINAL for event in self.picture.events.values()):
                return
            self.director.tick()
        left = [event for event in self.picture.events.values() if event.status not in FINAL]
        raise AssertionError(f"without a final status: {left}")

    def has_status(self, status: str, queue: str | None = None) -> bool:
        return any(event.status == status and queue in (None, event.queue) for event in self.picture.events.values())

    def send_everything(self, session: Session) -> None:
        """Each engine sends what it holds."""
        pending = [log for log in self.picture.logs.values() if log.status == PENDING_DELIVERY]
        for engine in {log.engine for log in pending}:
            outcomes = [work.OUTCOMES["sent"] | {"event_id": log.event} for log in pending if log.engine == engine]
            self.logging(session, engine or "", outcomes)

    def check_statistics(self) -> None:
        """What the steps have noted is what became of the events; of one that was deleted by hand nobody can tell."""
        if self.deleted["event"]:
            return
        events = [*self.world.rows("event").values(), *self.purged.get("event", {}).values()]
        queues = {queue: Counter(row["status"] for row in events if row["queue"] == queue) for queue in QUEUES}
        assert self.world.noted_statuses() == {queue: became for queue, became in queues.items() if became}

    def check_statuses(self) -> None:
        """Every event pushed is there once, has one final status, and its log agrees."""
        committed = look(self.world.observer)
        assert replace(committed, now=self.picture.now) == self.picture, "somebody unknown has changed something"
        assert committed.events.keys() == self.accepted.keys(), "pushed, and there"
        self.check_copied()
        for event in committed.events.values():
            assert event.template is not None or event.status in (NOT_TAKEN, EXPIRED)
            assert event.template is not None or event.id not in committed.logs
            assert event.status != SENT or event.id in committed.logs.keys() | self.purged_logs.keys()
        assert not self.world.faults()
