"""What a fault is: what is done to the system, and what is promised to come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faults.load import Load
from faults.system import System, TaskStates

Condition = Callable[[], bool]


def always() -> bool:
    return True


def possible(_: System) -> str:
    return ""


def fine(_: System) -> list[str]:
    return []


@dataclass(frozen=True)
class Scene:
    """Where a fault happens: the system under its load."""

    system: System
    load: Load

    @property
    def hold(self) -> float:
        """Return how long what is held is held, in seconds."""
        return self.system.settings.hold_seconds

    def archive(self) -> Condition:
        """Start an archiving run, wait until its streams are at work, and return whether it has come to its end."""
        run_id = self.system.archive()

        def are_at_work(states: TaskStates) -> bool:
            return states.get("initialize_connection") == "success"

        self.system.wait_for_tasks(run_id, "at work on its streams", are_at_work)
        return lambda: self.system.archived(run_id)


@dataclass(frozen=True)
class Fault:
    """
    A fault and its promises.

    :param name: what ``FAULT=`` takes.
    :param kind: the kind of fault; the smoke test takes one of each.
    :param inflict: does it, and returns when it is over: what was stopped may start again, what was held is let go.
        What it returns has to be true, besides events that flow, for the system to have recovered.
    :param promised: seconds from then on to the recovery.
    :param why: why so long and no longer.
    :param doubled: the greatest number of messages that may go out twice, where that cannot be ruled out.
    :param why_doubled: why it cannot.
    :param impossible: says why it can't be had on this machine; nothing if it can.
    :param verify: says what else is wrong, when everything has settled.
    """

    name: str
    kind: str
    inflict: Callable[[Scene], Condition]
    promised: float
    why: str
    doubled: int = 0
    why_doubled: str = ""
    impossible: Callable[[System], str] = possible
    verify: Callable[[System], list[str]] = fine
