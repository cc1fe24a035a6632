"""The execution server's clock moved, with libfaketime; every other clock stays as it is."""

from __future__ import annotations

import os
import time
from pathlib import Path

from faults.fault import Condition, Fault, Scene, always
from faults.kills import SESSIONS, UNLOGGED
from faults.recovery import wait_until_healthy
from faults.system import System

LIBRARY = "libfaketime.so.1"
PLACES = ("/usr/lib", "/usr/local/lib")
# Longer than the lease of a claim, which is five minutes.
FORWARD_SECONDS = 600
# How often libfaketime reads its file.
READ_SECONDS = 1


def library() -> Path | None:
    """Return libfaketime; ``FAKETIME_LIBRARY`` says where it is if it isn't installed."""
    if named := os.environ.get("FAKETIME_LIBRARY"):
        return Path(named)
    return next((found for place in PLACES for found in Path(place).rglob(LIBRARY)), None)


def impossible(_: System) -> str:
    if library() is None:
        return f"there is no {LIBRARY} (Debian: apt-get install libfaketime), and no clock is moved without it"
    return ""


def move(scene: Scene) -> Condition:
    """Move the clock forward, and after a while back."""
    system, offset = scene.system, scene.system.folder / "offset"
    turn(offset, 0)
    system.execution.stop()
    system.execution.start({
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": str(READ_SECONDS),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    })  # fmt: skip
    wait_until_healthy(system)
    turn(offset, FORWARD_SECONDS)
    time.sleep(scene.hold)
    with system.execution.connect() as connection:
        row = connection.execute("select extract(epoch from clock_timestamp())").fetchone()
    assert row is not None
    assert abs(float(row[0]) - time.time() - FORWARD_SECONDS) < READ_SECONDS + 1, "the clock did not move"
    turn(offset, 0)
    time.sleep(2 * READ_SECONDS)
    return always


def turn(offset: Path, seconds: int) -> None:
    """Tell libfaketime by how much the clock is wrong."""
    new = offset.with_suffix(".new")
    new.write_text(f"{seconds:+d}\n")
    new.chmod(0o644)
    new.replace(offset)


FAULTS = [
    Fault(
        "move-clock", "clock", move, 20,
        "windows end by the clock of Airflow's machine, and what is new is told by transaction numbers, not by time",
        UNLOGGED + SESSIONS,
        "a clock that jumps beyond the five minutes of a lease ends the leases of all that is in an engine's hands",
        impossible,
    ),
]  # fmt: skip
