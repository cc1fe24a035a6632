"""Who works when: transactions that commit at once, late or never, or stand still; and what is committed so far."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from typing import TypeVar

from model.checks import Step
from model.model import Picture
from model.sessions import Session, Work, settle
from model.world import MOVE_CURSOR, TICK_HOURS, World, look

PATIENCE_SECONDS = 10

K = TypeVar("K")
V = TypeVar("V")


def carried_over(base: dict[K, V], old: dict[K, V], new: dict[K, V]) -> dict[K, V]:
    """Apply to ``base`` what makes ``new`` of ``old``."""
    if old == new:
        return base
    kept = {key: value for key, value in base.items() if key in new or key not in old}
    return kept | {key: value for key, value in new.items() if key not in old or old[key] != value}


@dataclass
class Task:
    """What a session is doing: under way, or done and not committed (``step``)."""

    session: Session
    check: Callable[[Step], None]
    on_commit: Callable[[Step], None]
    hold: bool
    started: int
    step: Step | None = None


class Director:
    """Starts the work of sessions, judges it when it is done, and knows what is committed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.history: list[Picture] = []
        self.tasks: dict[Session, Task] = {}
        self.clock: dict[Session, int] = {}
        self.ticks = 0

    def begin(self) -> None:
        """Start an example, whatever has become of the one before."""
        self.world.open_gate()
        for session in self.world.sessions:
            if session.work is not None:
                session.crash(self.world.observer)
        self.world.empty()
        self.history = [look(self.world.observer)]
        self.tasks.clear()
        self.clock.clear()
        self.ticks = 0

    @property
    def picture(self) -> Picture:
        """What is committed."""
        return self.history[-1]

    def idle(self) -> list[Session]:
        """Return the sessions that do nothing and hold nothing."""
        return [session for session in self.world.sessions if session not in self.tasks]

    def held(self) -> list[Session]:
        """Return the sessions that have done their work and not committed it."""
        return [session for session, task in self.tasks.items() if task.step is not None]

    def stuck(self) -> list[Session]:
        """Return the sessions that wait for others."""
        return [session for session, task in self.tasks.items() if task.step is None]

    def run(
        self,
        session: Session,
        work: Work,
        check: Callable[[Step], None],
        on_commit: Callable[[Step], None] = lambda step: None,
        *,
        hold: bool = False,
    ) -> Step | None:
        """
        Let an idle session do some work in a transaction; return what it did if that is committed.

        :param hold: leave the transaction open, unless nobody would be left to do anything.
        """
        if moved := self.ticks - self.clock.get(session, 0):
            session.connection.execute(MOVE_CURSOR, [moved * TICK_HOURS])
            self.clock[session] = self.ticks
        hold = hold and len(self.idle()) > 1
        task = Task(session, check, on_commit, hold, len(self.history) - 1)
        self.tasks[session] = task
        session.start(work)
        settle([session], self.world.observer)
        return self.judge(task)

    def locked(self) -> set[int]:
        """Return the ids of the events that somebody holds."""
        return set(self.picture.events) - self.world.unlocked("event") if self.tasks else set()

    def judge(self, task: Task) -> Step | None:
        """Judge what a task has done, if it has come to its end, and commit it unless it is to be held."""
        assert task.session.work is not None
        if not task.session.work.done():
            return None
        result = task.session.work.result()
        after = look(task.session.connection)
        task.step = Step(result, self.picture, after, self.history[task.started :])
        task.check(task.step)
        if task.hold:
            return None
        self.commit(task.session)
        return task.step

    def commit(self, session: Session) -> None:
        """Commit what a session holds, and let those go on that waited for it."""
        task = self.tasks.pop(session)
        step = task.step
        assert step is not None
        session.end("commit")
        self.history.append(
            Picture(
                step.after.now,
                carried_over(self.picture.events, step.before.events, step.after.events),
                carried_over(self.picture.logs, step.before.logs, step.after.logs),
                self.picture.quarantine | (step.after.quarantine - step.before.quarantine),
                carried_over(self.picture.templates, step.before.templates, step.after.templates),
                carried_over(self.picture.types, step.before.types, step.after.types),
            )
        )
        task.on_commit(step)
        self.go_on()

    def roll_back(self, session: Session) -> None:
        """Take back what a session holds."""
        del self.tasks[session]
        session.end("rollback")
        self.go_on()

    def cancel(self, session: Session) -> None:
        """Break off the statement of a session that stands still."""
        del self.tasks[session]
        session.cancel(self.world.observer)
        self.go_on()

    def crash(self, session: Session) -> None:
        """Kill a session, whatever it does, and begin another."""
        self.tasks.pop(session, None)
        session.crash(self.world.observer)
        self.begin_anew(session)
        self.go_on()

    def lose_all(self) -> None:
        """Let no session have anything left, nor any transaction that was open."""
        while stuck := self.stuck():
            self.cancel(stuck[0])
        while held := self.held():
            self.roll_back(held[0])
        for session in self.world.sessions:
            self.begin_anew(session)

    def begin_anew(self, session: Session) -> None:
        """Forget where the session of before stood."""
        session.forget()
        self.clock[session] = self.ticks

    def go_on(self) -> None:
        """Let those go on that had to wait, and judge those that have come to their end."""
        while stuck := self.stuck():
            settle(stuck, self.world.observer)
            done = next((s for s in stuck if s.work is not None and s.work.done()), None)
            if done is None:
                return
            self.judge(self.tasks[done])

    def make_room(self) -> None:
        """Let somebody come to an end."""
        if held := self.held():
            self.commit(held[0])
        else:
            self.world.open_gate()
            self.go_on()

    def tick(self) -> None:
        """Let hours pass."""
        self.world.tick()
        self.ticks += 1
        before, after = self.picture, look(self.world.observer)
        assert before.events.keys() == after.events.keys()
        timeless = [
            {e.id: e._replace(created=0, expiration=None, requested_on=None) for e in p.events.values()}
            for p in (before, after)
        ]
        assert timeless[0] == timeless[1], "time alone changes nothing"
        self.history.append(after)

    def end(self) -> None:
        """Let everybody come to an end."""
        self.world.open_gate()
        self.go_on()
        while self.tasks:
            if held := self.held():
                self.commit(held[0])
                continue
            # Of ours, nobody holds anything; but the server's own work, a vacuum, may hold somebody up for a moment.
            wait([s.work for s in self.stuck() if s.work], PATIENCE_SECONDS, FIRST_COMPLETED)
            assert any(s.work and s.work.done() for s in self.stuck()), "somebody waits for nobody"
            self.go_on()
