"""All faults, in the order in which they are inflicted."""

from __future__ import annotations

from faults import clock, disk, kills, lock, network, restore, servers
from faults.fault import Condition, Fault, Scene, always


def nothing(_: Scene) -> Condition:
    return always


CONTROL = Fault("nothing", "none", nothing, 1, "the control of the experiment: the same load, no fault")
FAULTS: list[Fault] = [
    CONTROL,
    *kills.FAULTS,
    *servers.FAULTS,
    *network.FAULTS,
    *lock.FAULTS,
    *disk.FAULTS,
    *restore.FAULTS,
    # The last: it leaves the server under libfaketime.
    *clock.FAULTS,
]

ONE_OF_EACH_KIND = (
    "kill-triggerer",
    "crash-execution",
    "cut-network",
    "hold-lock",
    "fill-control-disk",
    "restore-dump",
    "move-clock",
)
