"""The work of an eventEnrichment window: events of one type through a Python callable."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg

from message_center.ctx import read_json, write_json
from message_center.errors import one_line
from message_center.instances.window_counts import counted, note_counts
from message_center.queues.enrichment.callables import Enrich, EnrichmentError
from message_center.sql import statement
from message_center.workflows import EVENT_ENRICHMENT

MAX_EVENTS = 100
COUNTS = ("enriched", "postponed")
LEASE = timedelta(minutes=5)

Event = Mapping[str, Any]


@dataclass
class Enrichment:
    """
    Enrich events of a type; see ``enrichment_request`` in the execution schema.

    :param enrich: runs in a thread, a set at a time. When it fails for the set it is asked for each event alone, and
        those that it fails for are tried again later, up to the instance's max_tries.
    """

    event_type: str
    enrich: Enrich
    _counts: Counter[str] = field(default_factory=Counter, init=False)

    @property
    def heartbeat_name(self) -> str:
        """The name of its heartbeat, and of its wake-up."""
        return EVENT_ENRICHMENT.heartbeat_of(self.event_type)

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Go on from what the window's steps have noted."""
        self._counts = counted(noted, COUNTS)

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Enrich one set."""
        claim = {"event_type": self.event_type, "lease": LEASE, "max_events": MAX_EVENTS}
        cursor = await connection.execute(statement("execution/claim_enrichments"), claim)
        claimed = await cursor.fetchall()
        if not claimed:
            return False
        results = await asyncio.to_thread(self._enrich_claimed, claimed)
        async with connection.transaction():
            await self._finish(connection, results)
            failed = sum("error" in result for result in results)
            counts = {"enriched": len(results) - failed, "postponed": failed}
            await note_counts(connection, counts)
        self._counts.update(counts)
        return True

    async def _finish(self, connection: psycopg.AsyncConnection, results: list[dict[str, Any]]) -> None:
        """Hand the results over; one that the database cannot hold is its event's error."""
        finish = statement("execution/finish_enrichments")
        cursor = await connection.execute(finish, {"results": write_json(results)})
        for position, reason in await cursor.fetchall():
            results[position - 1] = {"event_id": results[position - 1]["event_id"], "error": reason}
            await connection.execute(finish, {"results": write_json([results[position - 1]])})

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Nothing is due with a heartbeat."""

    def counts(self) -> dict[str, Any]:
        """Return how many events were enriched, and how many postponed."""
        return {name: self._counts[name] for name in COUNTS}

    def _enrich_claimed(self, claimed: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
        events, results = [], []
        for event_id, text in claimed:
            try:
                events.append(read_json(text))
            except ValueError as error:
                results.append({"event_id": event_id, "error": f"it cannot be read: {error}"})
        return results + (self._enrich(events) if events else [])

    def _enrich(self, events: Sequence[Event]) -> list[dict[str, Any]]:
        try:
            additions = self.enrich(events)
            if len(additions) != len(events):
                raise EnrichmentError(f"{len(additions)} answers for {len(events)} events")
            return [
                {"event_id": event["id"], "ctx": _json_object(addition)}
                for event, addition in zip(events, additions, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 - somebody else's code may raise anything
            if len(events) == 1:
                return [{"event_id": events[0]["id"], "error": one_line(f"{type(error).__name__}: {error}")}]
            return [result for event in events for result in self._enrich([event])]


def _json_object(addition: Any) -> dict[str, Any]:
    if not isinstance(addition, Mapping):
        raise EnrichmentError(f"the answer is a {type(addition).__name__}, not a mapping")
    return read_json(write_json(dict(addition)))  # type: ignore[no-any-return]
