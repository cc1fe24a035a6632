"""A lock held on the hottest table: somebody's forgotten transaction."""

from __future__ import annotations

import time

from faults.fault import Condition, Fault, Scene, always


def hold_lock(scene: Scene) -> Condition:
    """Keep everybody from reading and writing real-time events."""
    with scene.system.execution.connect() as connection, connection.transaction():
        connection.execute("lock table message_center.rt_event in access exclusive mode")
        time.sleep(scene.hold)
    return always


FAULTS = [
    Fault(
        "hold-lock", "lock", hold_lock, 10,
        "whoever waited for the lock goes on at once; what senders could not push comes in within seconds",
    ),
]  # fmt: skip
