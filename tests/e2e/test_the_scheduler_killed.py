"""
The scheduler killed in mid-work, and the engines with it: no event is lost or doubled. `faults` kills the others.

The last of the stack's tests: new workers each say once what the old ones had said.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from datetime import datetime, timezone

from message_center.local.sink import messages
from message_center.local.supervision import Supervisor
from message_center.sql import statement
from message_center.workflows import RT_EVENTS_PROCESSING
from support.events import push
from support.stack import Running
from support.waiting import until

ACCOUNT = "mcExec1"
EVENTS = 200


def push_resets(stack: Running, run: str, count: int) -> set[int]:
    """Push password resets and return their ids."""
    ctx = {
        "customer": {"first_name": "Ann", "last_name": "Brown", "email": "ann@example.com"},
        "reset": {"url": "https://shop.example.com/reset/1", "valid_minutes": 15},
    }
    events = [
        {
            "type": "password_reset",
            "email": f"ann.{n}@example.com",
            "external_id": f"{run}-{n}",
            "language": "en",
            "ctx": ctx,
        }
        for n in range(count)
    ]
    with stack.connect(ACCOUNT) as connection:
        return set(push(connection, *events))


def sent(stack: Running, run: str) -> set[int]:
    with stack.connect(ACCOUNT) as connection:
        rows = connection.execute(statement("local/event_statuses"), [run]).fetchall()
    return {event_id for event_id, status, _ in rows if status == "Sent"}


def has_begun_since(stack: Running, since: datetime) -> bool:
    """Whether a window of real time events has started since: the scheduler and the triggerer are both at work."""
    with stack.airflow() as airflow:
        runs = airflow.runs(RT_EVENTS_PROCESSING.dag_id(ACCOUNT))
    return any(
        datetime.fromisoformat(run["start_date"].replace("Z", "+00:00")) > since for run in runs if run["start_date"]
    )


def test_scheduler_killed_in_mid_window(working: Running) -> None:
    run = uuid.uuid4().hex
    supervisor = Supervisor(working.paths)
    first = push_resets(working, run, EVENTS)
    until("the windows at work", lambda: sent(working, run), 60)

    killed, before = supervisor.pid("scheduler"), datetime.now(timezone.utc)
    os.kill(killed, signal.SIGKILL)
    later = push_resets(working, run, EVENTS)
    until("a new scheduler", lambda: supervisor.pid("scheduler") not in (0, killed), 30)

    until("a window begun after the kill", lambda: has_begun_since(working, before), 100)
    last = push_resets(working, run, EVENTS)
    until("every event sent", lambda: sent(working, run) == first | later | last, 180)
    received = Counter(
        message["message_id"].strip("<>").partition("@")[0] for message in messages(working.paths.messages)
    )
    assert {received[str(event_id)] for event_id in first | later | last} == {1}
