"""The doors as a process of its own, as an operator runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from message_center.intake.settings import INSTANCES
from support.ports import free_port
from support.process import inherited_environment
from support.waiting import until


class DoorProcess:
    """A running ``message-center intake``."""

    def __init__(self, instances: Mapping[str, str], port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "message_center.local.cli", "intake", "--port", str(port)]
        self.process = subprocess.Popen(
            command,
            env={**inherited_environment(), INSTANCES: json.dumps(dict(instances))},
            stdout=subprocess.DEVNULL,
        )

    def is_open(self) -> bool:
        assert self.process.poll() is None
        try:
            return httpx.get(f"{self.url}/health").status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def door_process(instances: Mapping[str, str], port: int | None = None) -> Iterator[DoorProcess]:
    """Run the doors to some instances, until the end of the block."""
    door = DoorProcess(instances, port or free_port())
    try:
        until("the doors are open", door.is_open, 30)
        yield door
    finally:
        door.process.kill()
        door.process.wait()
