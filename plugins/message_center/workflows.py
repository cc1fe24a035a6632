"""The technical workflows by their internal names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from message_center.routing import Routing
from message_center.status import StatusCopy
from message_center.window import QueueWork

# A run begins this long before its predecessor ends, so that no event waits for the hand-over.
WINDOW_OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True)
class Workflow:
    """A technical workflow's internal name and the words that people see."""

    name: str
    label: str

    def dag_id(self, account: str) -> str:
        """Return the id of its DAG for an account."""
        return f"{self.name}_{account}"

    def display_name(self, account: str) -> str:
        """Return what the Airflow UI shows."""
        return f"{self.label} · {account}"


ARCHIVING = Workflow("mcSynch", "Archiving")
PURGE = Workflow("purge", "Purge")
RT_EVENTS_PROCESSING = Workflow("rtEventsProcessing", "Processing real time events")
BATCH_EVENTS_PROCESSING = Workflow("batchEventsProcessing", "Processing batch events")
UPDATE_EVENT_STATUS = Workflow("updateEventStatus", "Update event status")
DELIVERY_EXECUTION = Workflow("deliveryExecution", "Delivery of e-mails")
EVENT_ENRICHMENT = Workflow("eventEnrichment", "Enriching events")

PUBLISH = Workflow("publishMessageTemplates", "Publish message templates")
UNPUBLISH = Workflow("unpublishMessageTemplates", "Unpublish message templates")
ROLL_BACK = Workflow("rollbackMessageTemplates", "Roll message templates back")
STOP_EVENT_TYPE = Workflow("stopEventType", "Stop an event type")

QUEUE_WORKFLOWS = (RT_EVENTS_PROCESSING, BATCH_EVENTS_PROCESSING, UPDATE_EVENT_STATUS)


def queue_work(workflow: str) -> QueueWork:
    """Return the work of a queue workflow, by its internal name."""
    if workflow == RT_EVENTS_PROCESSING.name:
        return Routing("rt", workflow)
    if workflow == BATCH_EVENTS_PROCESSING.name:
        return Routing("batch", workflow)
    if workflow == UPDATE_EVENT_STATUS.name:
        return StatusCopy()
    raise ValueError(f"{workflow!r} is not a queue workflow: {[each.name for each in QUEUE_WORKFLOWS]}")
