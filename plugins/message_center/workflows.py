"""The technical workflows by name: internal names are written here and nowhere else in Python."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workflow:
    """A technical workflow's internal name and the words that people see."""

    name: str
    label: str

    def dag_id(self, account: str) -> str:
        """Return the id of its DAG for an account."""
        return f"{self.name}_{account}"

    def account_of(self, dag_id: str) -> str | None:
        """Return the account whose DAG of this workflow it is; ``None`` if it is another's."""
        prefix = self.dag_id("")
        return dag_id.removeprefix(prefix) if dag_id.startswith(prefix) else None

    def display_name(self, account: str) -> str:
        """Return what the Airflow UI shows."""
        return f"{self.label} · {account}"

    def heartbeat_of(self, event_type: str) -> str:
        """Return the heartbeat's name of a workflow that has a window for each event type."""
        return f"{self.name}.{event_type}"


ARCHIVING = Workflow("mcSynch", "Archiving")
PURGE = Workflow("purge", "Purge")
RT_EVENTS_PROCESSING = Workflow("rtEventsProcessing", "Processing real time events")
BATCH_EVENTS_PROCESSING = Workflow("batchEventsProcessing", "Processing batch events")
UPDATE_EVENT_STATUS = Workflow("updateEventStatus", "Update event status")
DELIVERY_EXECUTION = Workflow("deliveryExecution", "Delivery of e-mails")
EVENT_ENRICHMENT = Workflow("eventEnrichment", "Enriching events")

PURGE_RUNS = Workflow("purgeRuns", "Purge of old DAG runs")

PUBLISH = Workflow("publishMessageTemplates", "Publish message templates")
UNPUBLISH = Workflow("unpublishMessageTemplates", "Unpublish message templates")
ROLL_BACK = Workflow("rollbackMessageTemplates", "Roll message templates back")
STOP_EVENT_TYPE = Workflow("stopEventType", "Stop an event type")

STARTED_WITH_THE_ACCOUNT = (ARCHIVING, PURGE)
QUEUE_WORKFLOWS = (RT_EVENTS_PROCESSING, BATCH_EVENTS_PROCESSING, UPDATE_EVENT_STATUS)
STARTED_BY_THE_USER = (*QUEUE_WORKFLOWS, DELIVERY_EXECUTION)
WINDOW_WORKFLOWS = (*STARTED_BY_THE_USER, EVENT_ENRICHMENT)
"""Those whose runs are windows."""
