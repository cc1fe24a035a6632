"""The steady load: a sender in a process of its own, and what it was answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from faults import sender
from support.process import REPOSITORY, TESTS

LAST_ANSWERS_SECONDS = 180.0


@dataclass(frozen=True)
class Answer:
    """What the sender knows of an event: its id, or why it was refused, and when (seconds since 1970) it was told."""

    number: int
    at: float
    event_id: int
    reason: str


@dataclass(frozen=True)
class Forgotten:
    """
    What a restored database can't know: the events that were pushed between the dump and the restore.

    :param since, until: when such an event was answered, in seconds since 1970.
    :param archived: those that the archive had before the restore, by id: the archive may never lose them.
    """

    since: float
    until: float
    archived: dict[int, str]

    def explains(self, at: float) -> bool:
        return self.since <= at <= self.until


class Load:
    """
    Events under one label, at a steady rate, from :meth:`start` to :meth:`stop`.

    :param label: each event's ``origin``, and the start of its external id and of its key.
    :ivar forgotten: what the database has forgotten since, if it was restored from a dump.
    """

    def __init__(self, uri: str, label: str, rate: float, folder: Path) -> None:
        self.uri, self.label, self.rate = uri, label, rate
        self.outbox = folder / f"{label}.outbox"
        self.forgotten: Forgotten | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Load:
        """Start the sender; on the outbox of a killed one, it goes on from there."""
        command = [sys.executable, "-m", "faults.sender", self.uri, self.label, str(self.rate), str(self.outbox)]
        self._process = subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(TESTS)})
        return self

    def kill(self) -> None:
        """Kill the sender, in whatever it is doing."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Push nothing new, and wait until everything has its answer."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(number)
            try:
                process.wait(LAST_ANSWERS_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def answers(self) -> list[Answer]:
        """Return what was answered; of an event that was pushed twice, the last answer."""
        said = {
            number: Answer(number, float(rest[0]), int(rest[1]), rest[2])
            for kind, number, rest in sender.lines(self.outbox)
            if kind == "answer"
        }
        return list(said.values())

    def unanswered(self) -> int:
        """Return how many events were pushed and never answered."""
        return len(sender.left_behind(self.outbox)[0])
