"""The control database's disk full: its tablespace lies on a small disk of its own, in memory."""

from __future__ import annotations

import os

from faults.fault import Condition, Fault, Scene
from faults.mounting import resize
from faults.system import System


def fill(scene: Scene) -> Condition:
    """Leave no room until an archiving run has failed for it, then make room."""
    system, disk = scene.system, scene.system.small_disk
    usage = os.statvfs(disk)
    resize(disk, (usage.f_blocks - usage.f_bfree) * usage.f_frsize)
    try:
        run_id = system.archive()
        system.wait_for_task(run_id, "archive_events", ("up_for_retry",))
    finally:
        resize(disk)
    return lambda: system.archived(run_id)


def impossible(system: System) -> str:
    return system.no_small_disk


FAULTS = [
    Fault(
        "fill-control-disk", "disk", fill, 120,
        "no event waits for control. The streams fail, say so and are tried again after 10 s, then 20 s, 40 s, 80 s, "
        "and bring what they had not brought",
        impossible=impossible,
    ),
]  # fmt: skip
