"""
The mission's rule: no template is deployed unless the technical workflows exist and run, everywhere.

Heartbeats tell, not switches: an unpaused workflow may still do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import Account
from message_center.accounts.registry import Registry
from message_center.errors import one_line
from message_center.instances.deployment import behind
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook
from message_center.sql import statement
from message_center.workflows import ARCHIVING, DELIVERY_EXECUTION, EVENT_ENRICHMENT, QUEUE_WORKFLOWS, Workflow

# Archiving runs every hour, and takes its time.
ARCHIVING_CADENCE = timedelta(minutes=75)
# A window beats every 5 s; the next one begins 10 s before it ends, later on a busy machine.
LIVE = {"max_silence": timedelta(seconds=30), "grace": timedelta(seconds=20)}


@dataclass(frozen=True)
class Missing:
    """
    Something that is not as a publication wants it, and what to do about it.

    :param refuses: it keeps templates from being deployed.
    """

    account: str
    problem: str
    remedy: str
    refuses: bool = True

    def __str__(self) -> str:
        return f"{self.account}: {self.problem}. {self.remedy}."


def find_missing(registry: Registry, enriched_types: Sequence[str] = ()) -> list[Missing]:
    """
    Return everything that is missing, over all accounts, at once.

    :param registry: the accounts, and the errors of those that cannot be.
    :param enriched_types: the event types that a worker has to enrich.
    :raises psycopg.OperationalError: if control itself cannot be reached.
    """
    enabled = [account for account in registry.accounts if account.enabled]
    missing = [Missing("Admin > Connections", error.rstrip("."), "Correct it there") for error in registry.errors]
    if not enabled:
        problem = "no execution instance is registered"
        missing.append(Missing("Admin > Connections", problem, "Create a Message Center execution instance there"))
    with ControlInstanceHook().connect() as control:
        for account in enabled:
            missing += _missing_on_control(control, account)
            missing += _missing_on_execution(control, account, enriched_types)
    return missing


def _missing_on_control(control: psycopg.Connection, account: Account) -> Iterator[Missing]:
    parameters = {"account": account.account, "cadence": ARCHIVING_CADENCE}
    state = control.execute(statement("control/archiving_state"), parameters).fetchone()
    assert state is not None
    is_registered, is_archived, last_success, last_error = state
    dag_id = ARCHIVING.dag_id(account.account)
    if not is_registered:
        because = f": {last_error}" if last_error else ""
        yield Missing(account.account, f"{dag_id} has not registered it yet{because}", f"See the runs of {dag_id}")
    elif not is_archived:
        when = f"{last_success:%Y-%m-%d %H:%M:%S %Z}" if last_success else "never"
        problem = f"{dag_id} has not succeeded within {ARCHIVING_CADENCE} (last success: {when})"
        yield Missing(account.account, problem, f"Unpause {dag_id} and trigger it, or see why its last run failed")


def _missing_on_execution(
    control: psycopg.Connection, account: Account, enriched_types: Sequence[str]
) -> Iterator[Missing]:
    try:
        with ExecutionInstanceHook(account.account).connect() as execution:
            live = live_heartbeats(execution)
            names = behind(control, execution) if live else []
    except (psycopg.OperationalError, AirflowNotFoundException) as error:
        problem = f"its database cannot be reached: {one_line(error)}"
        yield Missing(account.account, problem, f"Start it, or correct the connection {account.account!r}")
        return
    for heartbeat, workflow in required_heartbeats(account, enriched_types).items():
        if heartbeat not in live:
            dag_id = workflow.dag_id(account.account)
            remedy = f"Unpause {dag_id} in Airflow; if it is unpaused, see its last run"
            yield Missing(account.account, f"{dag_id} is in no live window", remedy)
    if names:
        remedy = f"The next run of {ARCHIVING.dag_id(account.account)} deploys them, or says why it can't"
        yield Missing(account.account, f"has not the current versions of {', '.join(names)}", remedy, refuses=False)


def live_heartbeats(execution: psycopg.Connection[Any]) -> set[str]:
    """Return the names of the heartbeats of an execution instance that are in a window now."""
    try:
        return {name for (name,) in execution.execute(statement("execution/live_workflows"), LIVE)}
    except psycopg.errors.UndefinedTable:
        return set()


def are_live(execution: psycopg.Connection[Any], workflows: Iterable[Workflow]) -> bool:
    """Whether all of some workflows of an execution instance are in a window now."""
    return live_heartbeats(execution) >= {workflow.name for workflow in workflows}


def required_heartbeats(account: Account, enriched_types: Sequence[str] = ()) -> dict[str, Workflow]:
    """Return the heartbeats that an execution instance must show, and the workflow that gives each."""
    delivery = [DELIVERY_EXECUTION] if account.deliver else []
    windows = {workflow.name: workflow for workflow in (*QUEUE_WORKFLOWS, *delivery)}
    return windows | {EVENT_ENRICHMENT.heartbeat_of(event_type): EVENT_ENRICHMENT for event_type in enriched_types}
