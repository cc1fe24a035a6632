"""All instances behind one set of doors, and who comes in: a secret finds its instance, no address has to name it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

from message_center.intake.gathering import Gatherer
from message_center.intake.instance import Instance, Result
from message_center.intake.keys import Key, id_of
from message_center.intake.limits import Bucket, whole_seconds
from message_center.intake.problems import (
    ProblemError,
    ambiguous,
    forbidden,
    still_under_way,
    unknown_caller,
    unreachable,
)
from message_center.intake.settings import Settings


@dataclass(slots=True)
class Entry:
    """A caller that has come in, and the instance that is its own."""

    doors: Doors
    instance: Instance
    key: Key

    @property
    def caller(self) -> str:
        return self.key.caller

    def renewed(self) -> Entry:
        """Return the caller with what it may do by now, for calls that last; refuse one whose key is none any more."""
        key = self.instance.keys.get(self.key.id)
        if key is None or not key.is_that_of(self.key):
            raise unknown_caller()
        return replace(self, key=key)

    def needs(self, scope: str) -> None:
        """
        See that the caller may do something.

        :raises ProblemError: if it may not.
        """
        if scope not in self.key.may:
            raise forbidden(f"This caller may not {scope}.")

    def needs_queue(self, queue: str) -> None:
        """
        See that the caller may push to a queue that has room.

        :raises ProblemError: if it may not, or has none.
        """
        self.needs("push")
        if self.key.queues is not None and queue not in self.key.queues:
            raise forbidden(f"This caller may not push to {queue}.")
        self.instance.check_room(queue)

    def spend(self, events: int) -> None:
        """
        Count events against the caller's rate.

        :raises ProblemError: if there are too many of them.
        """
        if seconds := self.seconds_to_wait(events):
            raise ProblemError(
                429,
                "Too many events",
                f"This caller may send {self.key.max_events_per_second} a second.",
                "Send the same later, or ask an operator for a higher rate.",
                whole_seconds(seconds),
            )

    def seconds_to_wait(self, events: int) -> float:
        """Count events against the caller's rate; return 0, or how long to wait before they may be sent."""
        return self.doors.take(self.instance, self.key, events)

    async def rows(self, name: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a statement finds in the caller's name; see :meth:`Instance.rows_of`."""
        return await self.instance.rows_of(self.caller, name, *parameters)

    async def push(self, queue: str, events: str) -> list[Result]:
        """Push many in one transaction; see :meth:`Instance.push`."""
        return await self.instance.push(self.caller, queue, events)

    async def push_one(self, queue: str, event: str) -> Result:
        """Push an event together with those of others."""
        return await self.doors.gatherers[self.instance.account].push(self.caller, queue, event)


class Doors:
    """The instances that a process serves."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.instances = [Instance(account, uri, settings) for account, uri in settings.instances.items()]
        self.gatherers: dict[str, Gatherer] = {}
        self.in_flight: set[tuple[str, str, str]] = set()
        self._buckets: dict[tuple[str, str], Bucket] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Reach the instances, and keep what is known of their callers fresh."""
        for instance in self.instances:
            await instance.open()
            # One connection is left to those who push many at once, or read.
            self.gatherers[instance.account] = Gatherer(instance, self.settings.connections)
        await asyncio.gather(*(instance.refresh() for instance in self.instances))
        keepers = [asyncio.create_task(self._keep_fresh(instance)) for instance in self.instances]
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await asyncio.gather(*(instance.close() for instance in self.instances))

    async def _keep_fresh(self, instance: Instance) -> None:
        while True:
            await asyncio.sleep(self.settings.refresh_seconds)
            await instance.refresh()

    async def enter(self, secret: str | None) -> Entry:
        """
        Let a caller in.

        :raises ProblemError: if there is none with this secret, or that can't be told.
        """
        id_ = id_of(secret) if secret else None
        if not secret or id_ is None:
            raise unknown_caller()
        found = self._find(id_, secret)
        if not found:
            # It may have been made a moment ago. Whoever knocks without one, and how often, makes few looks of it.
            await asyncio.gather(*(instance.refresh(self.settings.unknown_key_seconds) for instance in self.instances))
            found = self._find(id_, secret)
        if not found:
            raise unknown_caller() if all(instance.is_known for instance in self.instances) else unreachable()
        if len(found) > 1:
            raise ambiguous()
        return found[0]

    def _find(self, id_: str, secret: str) -> list[Entry]:
        """Return who comes in with a secret: of several instances, if somebody has given it to callers of each."""
        known = ((instance, instance.keys.get(id_)) for instance in self.instances)
        return [Entry(self, instance, key) for instance, key in known if key and key.fits(secret)]

    def take(self, instance: Instance, key: Key, events: int) -> float:
        if key.max_events_per_second is None:
            return 0.0
        bucket = self._buckets.get((instance.account, key.caller))
        if bucket is None or bucket.rate != key.max_events_per_second:
            bucket = self._buckets[instance.account, key.caller] = Bucket(key.max_events_per_second)
        return bucket.take(events)

    @contextlib.contextmanager
    def once(self, entry: Entry, key: str | None) -> Iterator[None]:
        """
        Hold an Idempotency-Key while its call is under way.

        :raises ProblemError: if another call of the same caller has it.
        """
        if key is None:
            yield
            return
        mark = (entry.instance.account, entry.caller, key)
        if mark in self.in_flight:
            raise still_under_way()
        self.in_flight.add(mark)
        try:
            yield
        finally:
            self.in_flight.discard(mark)
