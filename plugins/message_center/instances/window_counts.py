"""What a window has done, as the database keeps it: so a process that takes it up again goes on counting from there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg

from message_center.sql import statement


async def begin_window(connection: psycopg.AsyncConnection, name: str, window_end: datetime) -> Mapping[str, Any]:
    """
    Begin a window in a session, or take it up again; what its steps do there is noted from now on.

    :param name: of its heartbeat.
    :param window_end: when it ends; with the name, which window it is.
    :return: what its steps have noted so far; see ``begin_window`` in the SQL.
    """
    cursor = await connection.execute(statement("execution/begin_window"), {"workflow": name, "window_end": window_end})
    row = await cursor.fetchone()
    assert row is not None
    return dict(row[0])


async def note_counts(connection: psycopg.AsyncConnection, counts: Mapping[str, int]) -> None:
    """Note what a step has done; in its transaction, so that both are there or neither is."""
    await connection.execute(statement("execution/note_counts"), {"counts": json.dumps(counts)})


def counted(noted: Mapping[str, Any], names: Iterable[str]) -> Counter[str]:
    """Return the numbers of these names among what was noted."""
    return Counter({name: int(noted.get(name, 0)) for name in names})
