"""The technical workflows by name: internal names are written here and nowhere else in Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Workflow:
    """A technical workflow, by its internal name."""

    name: str

    def dag_id(self, account: str) -> str:
        """Return the id of its DAG for an account."""
        return f"{self.name}_{account}"

    def account_of(self, dag_id: str) -> str | None:
        """Return the account whose DAG of this workflow it is; ``None`` if it is another's."""
        prefix = self.dag_id("")
        return dag_id.removeprefix(prefix) if dag_id.startswith(prefix) else None

    def display_name(self, account: str) -> str:
        """Return what Airflow's lists show, sort by and search: an account's workflows together, each with its id."""
        return f"{account} · {self.dag_id(account)}"

    def heartbeat_of(self, event_type: str) -> str:
        """Return the heartbeat's name of a workflow that has a window for each event type."""
        return f"{self.name}.{event_type}"


ARCHIVING = Workflow("mcSynch")
PURGE = Workflow("purge")
RT_EVENTS_PROCESSING = Workflow("rtEventsProcessing")
BATCH_EVENTS_PROCESSING = Workflow("batchEventsProcessing")
UPDATE_EVENT_STATUS = Workflow("updateEventStatus")
DELIVERY_EXECUTION = Workflow("deliveryExecution")
EVENT_ENRICHMENT = Workflow("eventEnrichment")
DELIVER_WEBHOOKS = Workflow("deliverWebhooks")
IMPORT_EVENTS = Workflow("importEvents")

PURGE_RUNS = Workflow("purgeRuns")
SUPERVISE = Workflow("superviseMessageCenter")

PUBLISH = Workflow("publishMessageTemplates")
UNPUBLISH = Workflow("unpublishMessageTemplates")
ROLL_BACK = Workflow("rollbackMessageTemplates")
STOP_EVENT_TYPE = Workflow("stopEventType")
MANAGE_CALLERS = Workflow("manageCallers")

STARTED_WITH_THE_ACCOUNT = (ARCHIVING, PURGE)
QUEUE_WORKFLOWS = (RT_EVENTS_PROCESSING, BATCH_EVENTS_PROCESSING, UPDATE_EVENT_STATUS)
STARTED_BY_THE_USER = (*QUEUE_WORKFLOWS, DELIVERY_EXECUTION)
WINDOW_WORKFLOWS = (*STARTED_BY_THE_USER, EVENT_ENRICHMENT, DELIVER_WEBHOOKS)
"""Those whose runs are windows."""


def accounts_of(dag_id: str) -> Iterator[str]:
    """Return the accounts whose DAG it may be: an account's name may begin as a workflow's goes on."""
    workflows = (*STARTED_WITH_THE_ACCOUNT, *WINDOW_WORKFLOWS, IMPORT_EVENTS)
    return (account for workflow in workflows if (account := workflow.account_of(dag_id)))
