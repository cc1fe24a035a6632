"""What is done in the windows that run in the triggerer: who does it for which workflow."""

from __future__ import annotations

from collections.abc import Callable

from message_center.queues.routing import Routing
from message_center.queues.status import StatusUpdate
from message_center.queues.window import QueueWork
from message_center.workflows import BATCH_EVENTS_PROCESSING, RT_EVENTS_PROCESSING, UPDATE_EVENT_STATUS

WORKS: dict[str, Callable[[str], QueueWork]] = {
    RT_EVENTS_PROCESSING.name: lambda name: Routing("rt", name),
    BATCH_EVENTS_PROCESSING.name: lambda name: Routing("batch", name),
    UPDATE_EVENT_STATUS.name: StatusUpdate,
}


def queue_work(workflow: str) -> QueueWork:
    """
    Return the work of a queue workflow.

    :param workflow: its internal name.
    :raises ValueError: if it is none.
    """
    if workflow not in WORKS:
        raise ValueError(f"{workflow!r} is not a queue workflow: {', '.join(WORKS)}")
    return WORKS[workflow](workflow)
