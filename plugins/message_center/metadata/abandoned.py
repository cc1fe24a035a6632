"""Runs that nobody goes on with: those of an account that is gone, which Airflow leaves running for good."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timezone

from airflow.models import DagModel, DagRun, TaskInstance
from airflow.utils.sqlalchemy import with_row_locks
from airflow.utils.state import DagRunState, State, TaskInstanceState
from sqlalchemy import select
from sqlalchemy.orm import Session

from message_center.workflows import accounts_of

AT_WORK = (TaskInstanceState.RUNNING, TaskInstanceState.DEFERRED)


def fail_abandoned_runs(session: Session, bundle: str, accounts: Set[str]) -> None:
    """
    Fail the runs of accounts that are gone, once none of their tasks is at work: no other one will be started.

    :param bundle: the name of our DAG bundle.
    :param accounts: those that have workflows; a DAG of theirs that is away for a while comes back.
    """
    works = DagRun.task_instances.any(TaskInstance.state.in_(AT_WORK))
    query = select(DagRun).join(DagRun.dag_model).where(DagModel.bundle_name == bundle, DagModel.is_stale)
    query = query.where(DagRun.state.in_(State.unfinished_dr_states), ~works)
    for run in session.scalars(with_row_locks(query, of=DagRun, session=session, skip_locked=True)):
        if not (owners := set(accounts_of(run.dag_id))) or owners & accounts:
            continue
        for task in run.task_instances:
            if task.state in State.unfinished:
                task.state = TaskInstanceState.REMOVED
        run.state, run.end_date = DagRunState.FAILED, datetime.now(timezone.utc)
