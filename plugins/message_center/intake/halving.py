"""Sets of events of which an instance refuses a whole call: halved, until the one to blame stands alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import psycopg

from message_center.instances.cursors import without_values
from message_center.intake.instance import Result

T = TypeVar("T")


class Halves(Generic[T]):
    """
    Sets to push, one after the other and in their order; whoever pushes them, awaited or not, tells which are refused.

    A set that is refused comes again in halves, before all others.
    """

    def __init__(self, whole: Sequence[T]) -> None:
        self._waiting = [whole] if whole else []
        self._part: Sequence[T] = ()

    def __iter__(self) -> Iterator[Sequence[T]]:
        return self

    def __next__(self) -> Sequence[T]:
        if not self._waiting:
            raise StopIteration
        self._part = self._waiting.pop()
        return self._part

    def refused(self, error: psycopg.Error) -> list[Result]:
        """Take the last set back; return its results: none yet, or that of the one event that is to blame."""
        if len(self._part) == 1:
            return [Result(None, f"not storable: {without_values(error)}")]
        middle = len(self._part) // 2
        self._waiting += [self._part[middle:], self._part[:middle]]
        return []
