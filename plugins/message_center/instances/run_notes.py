"""Notes, on control, of runs that began and tasks that failed for good: what the supervision tells people of."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Literal

import psycopg
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center import dry_runs
from message_center.errors import one_line
from message_center.instances.heartbeats import record_run
from message_center.instances.hooks import ControlInstanceHook
from message_center.workflows import IMPORT_EVENTS, PURGE

log = logging.getLogger(__name__)


def note_start(context: Context) -> None:
    """Note that a run begins, the ``on_execute_callback`` of its first task: what failed before is over."""
    _note(context, "start")


def note_failure(context: Context) -> None:
    """Note that a task has failed and is not tried again: an ``on_failure_callback``."""
    _note(context, "error", one_line(context.get("exception") or "a task failed"))


def _note(context: Context, phase: Literal["start", "error"], error: str | None = None) -> None:
    if dry_runs.is_dry(context["params"]):
        return
    workflow, account = _parted(context["dag"].dag_id)
    # A control instance that is away is told of by the supervision itself.
    with suppress(psycopg.Error, AirflowNotFoundException), ControlInstanceHook().connect() as control:
        record_run(control, workflow, account, phase, error=error)


def _parted(dag_id: str) -> tuple[str, str]:
    for workflow in (PURGE, IMPORT_EVENTS):
        if account := workflow.account_of(dag_id):
            return workflow.name, account
    return dag_id, ""


NOTED: dict[str, Any] = {"on_failure_callback": note_failure}
"""For the ``default_args`` of a DAG."""
