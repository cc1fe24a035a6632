"""Shops push, and windows route."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from model import work
from model.checks import Step, check_route
from model.model import PENDING, Event
from model.pushes import BAD, SPECS, Spec, as_json
from model.sessions import Session
from model.stage import ANY, HOLD, LARGE, QUEUE, SIZES, Stage

PUSHED = st.lists(st.sampled_from(SPECS + BAD), min_size=1, max_size=4)
WITH_KEYS = st.lists(st.sampled_from([spec for spec in SPECS if spec.key]), min_size=1, max_size=3)


class Queues(Stage):
    """Intake and routing."""

    @rule(session=ANY, queue=QUEUE, events=PUSHED, hold=HOLD)
    def push(self, session: int, queue: str, events: list[Any], hold: bool) -> None:
        self.pushing(self.idle(session), queue, events, hold)

    @rule(session=ANY, queue=QUEUE, events=WITH_KEYS, hold=HOLD)
    def push_again(self, session: int, queue: str, events: list[Any], hold: bool) -> None:
        """Push what is likely to have been pushed before."""
        self.pushing(self.idle(session), queue, events, hold)

    def pushing(self, session: Session, queue: str, events: list[Any], hold: bool = False) -> None:
        check, note = partial(self.check_push, queue, events), partial(self.note_pushed, queue, events)
        self.director.run(session, lambda c: work.push(c, queue, as_json(events)), check, note, hold=hold)

    def check_push(self, queue: str, events: list[Any], step: Step) -> None:
        """Each good event gets an id and a row of its own, unless its key is known; each bad one a reason."""
        step.check("events")
        keys = dict(self.keys)
        new_ids = set()
        for event, (id, reason) in zip(events, step.result, strict=True):
            assert (id is None) == (reason is not None)
            if not isinstance(event, Spec):
                assert reason
                continue
            known = keys.get(event.key or "")
            if known and known[1:] != (queue, event):
                assert reason == f'idempotency_key "{event.key}" was used for another event'
            elif known:
                assert id == known[0], "the same key and content is the same event"
            else:
                assert id is not None, f"refused: {event}: {reason}"
                check_row(step.after.events[id], queue, event)
                new_ids.add(id)
                if event.key:
                    keys[event.key] = (id, queue, event)
        assert set(step.events) == new_ids

    def note_pushed(self, queue: str, events: list[Any], step: Step) -> None:
        """From here on each of them must come to an end."""
        for event, (id, _) in zip(events, step.result, strict=True):
            if id in step.events:
                self.accepted[id] = event
                if event.key:
                    self.keys[event.key] = (id, queue, event)

    @rule(session=ANY, queue=QUEUE, max_events=SIZES, hold=HOLD)
    def route(self, session: int, queue: str, max_events: int, hold: bool) -> None:
        self.routing(self.idle(session), queue, max_events, hold)

    @rule(session=ANY, queue=QUEUE)
    def route_to_the_end(self, session: int, queue: str) -> None:
        self.route_all(self.idle(session), queue)

    def routing(self, session: Session, queue: str, max_events: int, hold: bool = False) -> Step | None:
        check = partial(check_route, queue=queue, max_events=max_events)
        return self.director.run(session, lambda c: work.route(c, queue, max_events), check, hold=hold)

    def route_all(self, session: Session, queue: str) -> None:
        """Route until the end is reached twice: then all is routed that was there, but what others hold."""
        now = self.picture.now
        if not reach_the_end(lambda: self.routing(session, queue, LARGE), lambda step: not step.result["more"]):
            return
        beyond = self.director.locked()
        for event in self.picture.events.values():
            if event.queue == queue and event.status == PENDING and event.id not in beyond:
                assert (event.requested_on or 0) > now, f"left behind: {event}"


def check_row(row: Event, queue: str, event: Spec) -> None:
    """An event is in its queue as it was pushed."""
    assert row[1:7] == (queue, event.type, event.channel, event.address, event.language, event.n)
    assert (row.status, row.template, row.errors) == (PENDING, None, 0)
    assert (row.requested_on is not None) == (event.scheduled is not None and event.scheduled > 0)
    assert (row.expiration is not None) == (event.expiration is not None)


def reach_the_end(step: Callable[[], Step | None], is_end: Callable[[Step], bool]) -> bool:
    """Do steps until the end of a queue was reached twice in a row; tell whether nothing came between."""
    ends = 0
    while ends < 2:
        done = step()
        if done is None:
            return False
        ends = ends + 1 if is_end(done) else 0
    return True
