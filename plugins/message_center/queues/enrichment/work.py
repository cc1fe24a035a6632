"""The work of an eventEnrichment window: events of one type through a Python callable."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg

from message_center.queues.enrichment.callables import Enrich, EnrichmentError
from message_center.sql import statement
from message_center.workflows import EVENT_ENRICHMENT

MAX_EVENTS = 100
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

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Enrich one set."""
        claim = [self.event_type, LEASE, MAX_EVENTS]
        cursor = await connection.execute(statement("execution/claim_enrichments"), claim)
        events = [event for (event,) in await cursor.fetchall()]
        if not events:
            return False
        results = await asyncio.to_thread(self._enrich, events)
        await connection.execute(statement("execution/finish_enrichments"), [json.dumps(results)])
        failed = sum("error" in result for result in results)
        self._counts.update(enriched=len(results) - failed, postponed=failed)
        return True

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Nothing is due with a heartbeat."""

    def counts(self) -> dict[str, Any]:
        """Return how many events were enriched, and how many postponed."""
        return {name: self._counts[name] for name in ("enriched", "postponed")}

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
                return [{"event_id": events[0]["id"], "error": f"{type(error).__name__}: {error}"}]
            return [result for event in events for result in self._enrich([event])]


def _json_object(addition: Any) -> dict[str, Any]:
    if not isinstance(addition, Mapping):
        raise EnrichmentError(f"the answer is a {type(addition).__name__}, not a mapping")
    return json.loads(json.dumps(dict(addition), allow_nan=False))  # type: ignore[no-any-return]
