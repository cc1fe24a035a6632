"""Operators publish, unpublish, go back, deploy, stop and resume."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from message_center.instances.deployment import deploy
from message_center.publication.versions import Request, record
from model import work
from model.checks import Step
from model.publications import NAMES, TYPES, State, content_of, live
from model.sessions import Session
from model.stage import ANY, HOLD, Stage
from model.world import ACCOUNT

SOME_NAMES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
STOPPABLE = st.sampled_from(("order", "promo", "pigeon"))


class Publishing(Stage):
    """Publication on the control instance, deployment to the execution instance, the kill switch."""

    @rule(action=st.sampled_from(("publish", "publish", "unpublish", "rollback")), names=SOME_NAMES, number=ANY)
    def publication(self, action: str, names: list[str], number: int) -> None:
        if action == "publish":
            self.publishing(names, number % 3)
        elif action == "rollback":
            version = number % (len(self.publications.states) - 1) + 1
            self.recorded("rollback", self.publications.roll_back(version), version=version)
        elif (state := self.publications.unpublish(names)) is not None:
            self.recorded("unpublish", state, names=names)

    def publishing(self, names: list[str], variant: int) -> None:
        contents = {name: content_of(name, variant) for name in names}
        self.recorded("publish", self.publications.publish(names, variant), contents=contents, event_types=TYPES)

    def recorded(self, action: Any, state: State, **asked: Any) -> None:
        """Record a publication on the control instance, and compare with what it should be."""
        number = len(self.publications.states) - 1
        publication = record(self.world.control, Request(action, str(number), **asked))
        assert (publication.number, publication.templates) == (number, state)

    @rule(session=ANY, names=st.one_of(st.just(list(NAMES)), SOME_NAMES), hold=HOLD)
    def deploy(self, session: int, names: list[str], hold: bool) -> None:
        self.deploying(self.idle(session), names, hold)

    def deploying(self, session: Session, names: list[str], hold: bool = False) -> None:
        check = partial(self.check_deployed, names, len(self.publications.states) - 1)
        self.director.run(session, lambda c: deploy(ACCOUNT, self.world.deployer, c, names), check, hold=hold)

    def check_deployed(self, names: list[str], started: int, step: Step) -> None:
        """What is live is what was current, not before it began; other templates are as they were."""
        step.check("templates", "types")
        states = [{name: state.get(name) for name in names} for state in self.publications.states[started:]]
        expected = [self.publications.expected_live(state) for state in states]
        assert live(step.after, names) in expected, f"{live(step.after, names)}, and not {expected}"
        others = set(NAMES) - set(names)
        assert live(step.after, others) == live(step.before, others)
        assert set(step.result) == {n for n in names if live(step.after, [n]) != live(step.before, [n])}
        assert TYPES.keys() <= step.after.types.keys()

    @rule(session=ANY, event_type=STOPPABLE, reason=st.sampled_from(("wrong price", None)), hold=HOLD)
    def switch(self, session: int, event_type: str, reason: str | None, hold: bool) -> None:
        """Stop an event type for a reason, or let it go on."""

        def check(step: Step) -> None:
            step.check("types")
            assert step.after.types.get(event_type) == reason

        self.director.run(self.idle(session), lambda c: work.switch(c, event_type, reason), check, hold=hold)
