"""Ports that nobody uses now."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from message_center.local.places import PORT_VARIABLES, Ports


def free_port() -> int:
    """Return a port that nothing listens on."""
    with ExitStack() as stack:
        return _reserved(stack)


def free_ports() -> Ports:
    """Return ports for a stack; the log servers' lie beside that of Airflow."""
    while True:
        with ExitStack() as stack:
            numbers = [_reserved(stack) for _ in PORT_VARIABLES]
        ports = Ports(*numbers)
        if max(numbers) < 60_000 and all(_is_free(port) for port in (ports.worker_log, ports.trigger_log)):
            return ports


def _reserved(stack: ExitStack) -> int:
    probe = stack.enter_context(socket.socket())
    probe.bind(("127.0.0.1", 0))
    return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
