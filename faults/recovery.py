"""When the system works again: read from the moments that the execution database itself has written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from faults.system import System

QUEUE_SECONDS = 1.0  # a newly pushed event has its template within this time
FLOW_SECONDS = 2.0  # while events come in steadily, final statuses are at most so far apart
STEADY_SECONDS = 5.0  # for so long both must have held, before it counts as recovered
POLL_SECONDS = 1.5

# The later of two moments, not before the end of the fault: when the last event was pushed that then waited too
# long for its template; and when the last pause in the final statuses ended. No row while no event was pushed since.
WORKING_SINCE = """
    with event as materialized (
        select created_at, modified_at, status,
            coalesce(processed_at, clock_timestamp()) - created_at > %(queue)s as is_late
        from message_center.event
        where id > %(first)s
    ),
    final as (
        select at, at - lag(at) over (order by at) > %(flow)s as ends_pause
        from (
            select modified_at from event
            where status not in ('Pending', 'Pending delivery') and modified_at between %(end)s and clock_timestamp()
            union all select %(end)s
            union all select clock_timestamp()
        ) as state (at)
    )
    select greatest(
        (select max(created_at) from event where is_late and created_at between %(end)s and clock_timestamp()),
        (select max(at) from final where ends_pause),
        %(end)s
    )
    where exists (select from event where created_at > %(end)s)
"""

LAST_ID = "select coalesce(pg_sequence_last_value('message_center.event_id_seq'), 0)"
# What is not final, but for what waits for its next try. What a killed engine had comes back within seconds.
WAITING = """
    select count(*) from message_center.event as e
    where e.status in ('Pending', 'Pending delivery') and not exists (
        select from message_center.delivery_log as l
        where l.event_id = e.id and l.status = 'Pending delivery' and l.owner is null
            and l.retry_at > clock_timestamp() + interval '10 s')
"""
UNFINISHED = "select count(*) from message_center.event where status in ('Pending', 'Pending delivery')"


@dataclass(frozen=True)
class Watch:
    """
    Watches the events pushed after ``first``.

    :param end: when the infliction ended.
    """

    system: System
    first: int
    end: datetime

    def working_since(self) -> datetime | None:
        """Return since when newly pushed events are routed in time and statuses flow; ``None`` if there are none."""
        parameters = {
            "first": self.first,
            "end": self.end,
            "queue": timedelta(seconds=QUEUE_SECONDS),
            "flow": timedelta(seconds=FLOW_SECONDS),
        }
        with self.system.execution.connect() as connection:
            row = connection.execute(WORKING_SINCE, parameters).fetchone()
        return row[0] if row else None

    def recovered(self) -> float | None:
        """Return the seconds from the end of the infliction to the recovery, once that has lasted."""
        since = self.working_since()
        if since is None or datetime.now(timezone.utc) - since < timedelta(seconds=STEADY_SECONDS):
            return None
        return (since - self.end).total_seconds()


def wait_for_recovery(watch: Watch, also: Callable[[], bool], seconds: float) -> float | None:
    """
    Return the seconds from the end of the infliction until events flow and ``also`` holds; ``None`` if not in time.
    """
    flowing: float | None = None
    also_after: float | None = None

    def look() -> bool:
        nonlocal flowing, also_after
        if also_after is None and also():
            also_after = time.time() - watch.end.timestamp()
        flowing = watch.recovered()
        return flowing is not None and also_after is not None

    if not watch.system.patiently("recovered", look, seconds, POLL_SECONDS):
        return None
    assert flowing is not None
    assert also_after is not None
    return max(flowing, also_after)


def wait_until_healthy(system: System, seconds: float = 150) -> None:
    """
    Wait until events that are pushed from now on flow.

    :raises AssertionError: if they don't: a fault says nothing about a system that cannot keep up without it.
    """
    watch = Watch(system, last_id(system), datetime.now(timezone.utc))
    healthy = wait_for_recovery(watch, lambda: True, seconds)
    assert healthy is not None, f"{system.settings.rate:g} events/s are too many for this machine now, fault or none"


def last_id(system: System) -> int:
    """Return the id that was given to an event last."""
    with system.execution.connect() as connection:
        row = connection.execute(LAST_ID).fetchone()
    return int(row[0]) if row else 0


def count(system: System, query: str) -> int:
    with system.execution.connect() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def wait_until_worked_off(system: System, query: str, seconds: float) -> bool:
    """Wait until nothing waits in the queues."""
    return bool(system.patiently("the queues worked off", lambda: count(system, query) == 0, seconds))
