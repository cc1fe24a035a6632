"""The network between Airflow and the execution database, cut and delayed."""

from __future__ import annotations

import time

from faults.fault import Condition, Fault, Scene, always

DELAY_SECONDS = 0.1


def cut(scene: Scene) -> Condition:
    """Let nothing pass; then reset what was open, as a firewall does that has forgotten it."""
    scene.system.proxy.cut()
    time.sleep(scene.hold)
    scene.system.proxy.mend()
    return always


def delay(scene: Scene) -> Condition:
    """Let every packet take long, in each direction."""
    scene.system.proxy.delay = DELAY_SECONDS
    time.sleep(scene.hold)
    scene.system.proxy.delay = 0.0
    return always


FAULTS = [
    Fault(
        "cut-network", "network", cut, 30,
        "when packets pass again, the old connections turn out to be dead; windows and engine open new ones after a "
        "pause of 10 s at most",
    ),
    Fault(
        "delay-network", "network", delay, 10,
        "a round trip of 0.2 s slows each step, but a step takes hundreds of events; nothing is to be mended after it",
    ),
]  # fmt: skip
