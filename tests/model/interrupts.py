"""A connection that can be made to do something else in the middle: how a run is cut, or overtaken, at any place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg


class InterruptedRun(Exception):  # noqa: N818 - nothing went wrong
    """A run that ends here."""


class Interruptible(psycopg.Connection[Any]):
    """Calls ``interrupt`` before its n-th statement, once."""

    interrupt: Callable[[], None] | None = None
    statements_before: int = 0

    def execute(self, *args: Any, **kwargs: Any) -> psycopg.Cursor[Any]:
        """Execute a statement, or be interrupted first."""
        if self.interrupt is not None:
            if self.statements_before == 0:
                interrupt, self.interrupt = self.interrupt, None
                interrupt()
            self.statements_before -= 1
        return super().execute(*args, **kwargs)
