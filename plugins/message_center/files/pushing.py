"""Events into a queue, a set at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import psycopg

from message_center.instances.cursors import without_values
from message_center.instances.transient import is_of_the_data
from message_center.sql import statement


class Result(NamedTuple):
    """What became of an event that was pushed: its id, or why it was refused."""

    id: int | None
    reason: str | None


def push(connection: psycopg.Connection[Any], queue: str, events: list[str]) -> list[Result]:
    """
    Push events in the transaction under way, halved where the instance refuses a call for one of them.

    :param events: each as JSON.
    :return: what became of each, in order.
    :raises psycopg.Error: for what is no fault of an event.
    """
    if not events:
        return []
    try:
        with connection.transaction():
            found = connection.execute(statement("execution/push_events"), [queue, f"[{','.join(events)}]"])
            return [Result(id_, reason) for _, id_, reason in found.fetchall()]
    except psycopg.Error as error:
        if not is_of_the_data(error):
            raise
        if len(events) == 1:
            return [Result(None, f"not storable: {without_values(error)}")]
    middle = len(events) // 2
    return [*push(connection, queue, events[:middle]), *push(connection, queue, events[middle:])]
