"""What load balancers ask an instance, in the words of the incumbent's ``mcPing.jsp``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from message_center.sql import statement

MOST_PENDING = 400


@dataclass(frozen=True)
class Ping:
    """
    How full the queues of an instance are.

    :param most: from how many pending events on it is full.
    """

    pending: int
    most: int
    at: datetime

    @property
    def is_ok(self) -> bool:
        return self.pending < self.most

    @property
    def text(self) -> str:
        """Return ``Ok``, the time and ``7/400 pending events``; or ``Error`` and ``The queue is full (423/400)``."""
        if self.is_ok:
            return f"Ok\n{self.at:%Y-%m-%d %H:%M:%S}Z\n{self.pending}/{self.most} pending events\n"
        return f"Error\n{self.at:%Y-%m-%d %H:%M:%S}Z\nThe queue is full ({self.pending}/{self.most})\n"


def ping(execution: psycopg.Connection[Any], most: int = MOST_PENDING) -> Ping:
    """Ask an instance how many events are pending, in both queues."""
    row = execution.execute(statement("execution/ping")).fetchone()
    assert row is not None
    return Ping(int(row[0]), most, row[1])


def most_pending(control: psycopg.Connection[Any], account: str) -> int:
    """Return from how many pending events on an account's instance is full: the alert of ``pending``, if it has one."""
    row = control.execute(statement("control/most_pending"), {"account": account}).fetchone()
    return int(row[0]) if row and row[0] is not None else MOST_PENDING
