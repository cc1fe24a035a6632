"""Ports that nobody uses now."""

from __future__ import annotations

import random
import socket

from message_center.local.paths import PORT_VARIABLES, Ports

# Linux gives connections of all kinds their ports from 32768 on: a port below is free a moment later, too.
CHOICE = range(10_000, 32_000)


def free_port() -> int:
    """Return a port that nobody uses."""
    while not _is_free(port := random.SystemRandom().choice(CHOICE)):
        pass
    return port


def free_ports() -> Ports:
    """Return ports for a stack; the log server's lies beside that of Airflow."""
    while True:
        ports = Ports(*(free_port() for _ in PORT_VARIABLES))
        numbers = {ports.log_server, *(getattr(ports, name) for name in PORT_VARIABLES)}
        if len(numbers) == len(PORT_VARIABLES) + 1 and all(map(_is_free, numbers)):
            return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
