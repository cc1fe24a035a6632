"""What all parts of the machine share: the world, who works in it, and what has been promised so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from model.director import Director
from model.model import Log, Picture
from model.publications import Publications
from model.pushes import Spec
from model.sessions import Session
from model.world import Row, World

T = TypeVar("T")

SMALL, LARGE = 2, 100
ANY = st.integers(0, 11)
SIZES = st.sampled_from((LARGE, SMALL, 1))
HOLD = st.sampled_from((False, False, True))
QUEUES = ("rt", "batch")
QUEUE = st.sampled_from(QUEUES)


class Stage(RuleBasedStateMachine):
    """An execution instance at the start of an example."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.director = Director(self.world)
        self.director.begin()
        self.publications = Publications()
        self.accepted: dict[int, Spec] = {}
        self.keys: dict[str, tuple[int, str, Spec]] = {}
        self.purged: dict[str, dict[int, Row]] = {}
        self.purged_logs: dict[int, Log] = {}
        self.deleted: dict[str, set[int]] = defaultdict(set)

    @property
    def picture(self) -> Picture:
        """What is committed."""
        return self.director.picture

    def idle(self, number: int) -> Session:
        """Return one of the sessions that do nothing; when there is none, let others come to an end."""
        while not self.director.idle():
            self.director.make_room()
        return chosen(self.director.idle(), number)


def chosen(things: Sequence[T], number: int) -> T:
    """Return one of some things, by a number that knows nothing of them."""
    return things[number % len(things)]
