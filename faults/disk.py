"""The control database's disk full: its tablespace lies on a small disk of its own, in memory."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from faults.fault import Condition, Fault, Scene
from faults.mounting import resize
from faults.system import System, TaskStates


def fill(scene: Scene) -> Condition:
    """Leave no room until an archiving run has failed for it, whichever of its tasks, then make room."""
    system, disk = scene.system, scene.system.small_disk

    def has_failed(states: TaskStates) -> bool:
        # At once, before any task has begun, and again and again: a checkpoint may have freed something meanwhile.
        leave_no_room(disk)
        return "up_for_retry" in states.values()

    try:
        run_id = system.archive()
        system.wait_for_tasks(run_id, "failed for want of room", has_failed)
    finally:
        resize(disk)
    return lambda: system.archived(run_id)


def leave_no_room(disk: Path) -> None:
    """Make the disk as small as what is in it; not if that grows in this very moment."""
    usage = os.statvfs(disk)
    with suppress(subprocess.CalledProcessError):
        resize(disk, (usage.f_blocks - usage.f_bfree) * usage.f_frsize)


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
