"""PostgreSQL restarted, stopped for a minute, and crashed: the servers of execution, control and Airflow's metadata."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from faults.cluster import FAST, IMMEDIATE
from faults.fault import Condition, Fault, Scene, always
from faults.system import System
from message_center.local.postgres import wait_until_ready


class Server(Protocol):
    """What can be stopped and started."""

    def stop(self, how: int = FAST) -> None: ...

    def start(self) -> None: ...


class Metadata:
    """The stack's own server, with Airflow's metadata: under supervisor, which starts it again when it crashed."""

    def __init__(self, system: System) -> None:
        self.system = system

    def stop(self, how: int = FAST) -> None:
        """Stop it as its operator does, or crash it."""
        if how == IMMEDIATE:
            os.kill(self.system.supervisor.pid("postgres"), how)
        else:
            self.system.supervisor.call("stopProcess", "database:postgres")

    def start(self) -> None:
        """Start it, unless that was done already, and wait until it takes connections."""
        supervisor = self.system.supervisor
        if supervisor.call("getProcessInfo", "database:postgres")["statename"] == "STOPPED":
            supervisor.call("startProcess", "database:postgres")
        wait_until_ready(self.system.running.paths, self.system.running.ports)


SERVERS: dict[str, Callable[[System], Server]] = {
    "execution": lambda system: system.execution,
    "control": lambda system: system.control,
    "metadata": Metadata,
}
OUTAGES = ("restart", "stop", "crash")


def inflict(outage: str, name: str, scene: Scene) -> Condition:
    """Take a server away and bring it back; an archiving run is under way when control is the one."""
    server = SERVERS[name](scene.system)
    recovered = scene.archive() if name == "control" else always
    server.stop(IMMEDIATE if outage == "crash" else FAST)
    if outage == "stop":
        time.sleep(scene.system.settings.outage_seconds)
    server.start()
    return recovered


EXECUTION = "windows and engine try again after 10 s at most, and senders after their own pause"
CONTROL = (
    "no event waits for control. A stream that broke is tried again after 10 s, then 20 s, 40 s, "
    "and brings what it had not brought"
)
METADATA = (
    "scheduler, triggerer and api-server end, supervisor starts them within seconds, they import Airflow, "
    "and the next windows begin"
)
PROMISES = {
    ("restart", "execution"): (20.0, EXECUTION),
    ("stop", "execution"): (30.0, EXECUTION),
    ("crash", "execution"): (30.0, f"the server replays its log; {EXECUTION}"),
    ("restart", "control"): (60.0, CONTROL),
    ("stop", "control"): (90.0, CONTROL),
    ("crash", "control"): (60.0, CONTROL),
    ("restart", "metadata"): (75.0, METADATA),
    ("stop", "metadata"): (90.0, METADATA),
    ("crash", "metadata"): (75.0, METADATA),
}


def faults() -> Iterator[Fault]:
    """Yield each outage of each server."""
    for (outage, name), (promised, why) in PROMISES.items():
        yield Fault(f"{outage}-{name}", "server", partial(inflict, outage, name), promised, why)


FAULTS = list(faults())
