"""Events into a queue, a set at a time."""

from __future__ import annotations

from typing import Any

import psycopg

from message_center.instances.transient import is_of_the_data
from message_center.intake.halving import Halves
from message_center.intake.instance import Result
from message_center.sql import statement


def push(connection: psycopg.Connection[Any], queue: str, events: list[str]) -> list[Result]:
    """
    Push events in the transaction under way.

    :param events: each as JSON.
    :return: what became of each, in order.
    :raises psycopg.Error: for what is no fault of an event.
    """
    results: list[Result] = []
    for part in (halves := Halves(events)):
        try:
            with connection.transaction():
                found = connection.execute(statement("execution/push_events"), [queue, f"[{','.join(part)}]"])
                results += [Result(id_, reason) for _, id_, reason in found.fetchall()]
        except psycopg.Error as error:
            if not is_of_the_data(error):
                raise
            results += halves.refused(error)
    return results
