"""The workflows of each execution instance that run in windows: processing, status, delivery, enrichment."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from airflow.sdk import DAG
from airflow.sdk.definitions.timetables.trigger import DeltaTriggerTimetable

from message_center.accounts.account import Account
from message_center.dag_defaults import EXECUTION_TAG, dag_settings, dags_of_each
from message_center.delivery.email.operator import EmailWindowOperator
from message_center.queues.enrichment.callables import configured_callables
from message_center.queues.enrichment.operator import EnrichmentWindowOperator
from message_center.queues.operator import WindowOperator, window_end_template, window_timeout
from message_center.webhooks.trigger import WebhookWindowOperator
from message_center.workflows import DELIVER_WEBHOOKS, DELIVERY_EXECUTION, EVENT_ENRICHMENT, QUEUE_WORKFLOWS, Workflow


def window_dag(workflow: Workflow, account: Account) -> DAG:
    """Return a DAG whose runs are the windows of a workflow; the user starts it."""
    return DAG(
        schedule=DeltaTriggerTimetable(timedelta(seconds=account.window_seconds)),
        max_active_runs=2,
        is_paused_upon_creation=True,
        **dag_settings(workflow, account, EXECUTION_TAG),
    )


def queue_dag(workflow: Workflow, account: Account, operator: type[WindowOperator] = WindowOperator) -> DAG:
    """Return the DAG of a workflow whose windows run in the triggerer."""
    with window_dag(workflow, account) as dag:
        operator(
            task_id="window",
            account=account.account,
            workflow=workflow.name,
            window_end=window_end_template(account.window_seconds),
            window_seconds=account.window_seconds,
            retries=0,
        )
    return dag


def delivery_dag(account: Account) -> DAG | None:
    """Return the DAG that sends an account's e-mails, unless another engine does."""
    if not account.deliver:
        return None
    with window_dag(DELIVERY_EXECUTION, account) as dag:
        EmailWindowOperator(
            task_id="window",
            account=account.account,
            smtp_conn_id=account.smtp_conn_id,
            window_end=window_end_template(account.window_seconds),
            execution_timeout=window_timeout(account.window_seconds),
            retries=0,
        )
    return dag


def webhooks_dag(account: Account) -> DAG | None:
    """Return the DAG that tells statuses by HTTP, if anybody is to be told."""
    return queue_dag(DELIVER_WEBHOOKS, account, WebhookWindowOperator) if account.webhooks else None


def enrichment_dag(account: Account) -> DAG | None:
    """Return the DAG that enriches events by Python callables, if there are any; a task for each event type."""
    callables = configured_callables()
    if not callables:
        return None
    with window_dag(EVENT_ENRICHMENT, account) as dag:
        for event_type, path in callables.items():
            EnrichmentWindowOperator(
                task_id=event_type,
                account=account.account,
                event_type=event_type,
                path=path,
                window_end=window_end_template(account.window_seconds),
                execution_timeout=window_timeout(account.window_seconds),
                retries=0,
            )
    return dag


queue_dags = [partial(queue_dag, workflow) for workflow in QUEUE_WORKFLOWS]
globals().update(dags_of_each(*queue_dags, delivery_dag, enrichment_dag, webhooks_dag))
