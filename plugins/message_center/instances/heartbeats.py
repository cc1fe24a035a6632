"""Heartbeats: what a workflow says of itself in the database of its instance; people and the preflight look at them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import psycopg

from message_center.sql import statement

HEARTBEAT_SECONDS = 5.0
"""How often a window leaves one."""

WindowPhase = Literal["start", "progress", "success"]
RunPhase = Literal["start", "stream", "success", "error"]


@dataclass(frozen=True)
class WindowHeartbeat:
    """
    The heartbeat of a window, on an execution instance.

    :param name: the workflow's internal name; with an event type's behind it where each has a window.
    :param window_end: when the window ends.
    """

    name: str
    window_end: datetime

    async def record(
        self,
        connection: psycopg.AsyncConnection,
        phase: WindowPhase,
        counts: Mapping[str, Any],
        error: str | None = None,
    ) -> None:
        """
        Leave it.

        :param counts: what the window has done so far.
        :param error: what it has run into, kept until another one comes.
        """
        parameters = {
            "workflow": self.name,
            "phase": phase,
            "window_end": self.window_end,
            "counts": json.dumps(counts),
            "error": error,
        }
        await connection.execute(statement("execution/record_heartbeat"), parameters)


def record_run(
    control: psycopg.Connection[Any],
    workflow: str,
    account: str,
    phase: RunPhase,
    counts: Mapping[str, int] | None = None,
    error: str | None = None,
) -> None:
    """
    Leave the heartbeat of a workflow's run for an account, on the control instance.

    :param counts: rows by stream; those of other streams stay.
    """
    parameters = {
        "workflow": workflow,
        "account": account,
        "phase": phase,
        "counts": json.dumps(counts or {}),
        "error": error,
    }
    control.execute(statement("control/record_heartbeat"), parameters)
