"""
The runs of windows, as the metadata database has them: which are to end, which are over, where one is to begin.

Airflow sees the end of a run only while its DAG is neither paused nor gone, and after a window that has ended early its
schedule still waits for the whole interval.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta, timezone

from airflow.models import DagModel, DagRun, TaskInstance
from airflow.models.dagbag import DBDagBag
from airflow.utils.sqlalchemy import with_row_locks
from airflow.utils.state import DagRunState, State, TaskInstanceState
from sqlalchemy import ColumnElement, Update, and_, or_, select, update
from sqlalchemy.orm import Session

from message_center.metadata.endings import GONE, PAUSED, Endings
from message_center.metadata.next_run import NEXT_RUN
from message_center.workflows import WINDOW_WORKFLOWS, accounts_of

FAILED_PAUSE = timedelta(seconds=60)
"""A window that failed at once is followed by another one a minute after it began, and not in a circle."""

BEGIN_AT_ONCE = 15
"""
How many windows begin in one refresh of the bundle, every three seconds.

Scheduler and triggerer begin some five a second. Windows that begin together end together, and where hundreds do, the
last of their successors would begin long after the ten seconds of overlap.
"""


def tend_windows(session: Session, bundle: str, accounts: Set[str]) -> Endings:
    """
    End what is over, let begin what is to begin, and return which windows are to end.

    :param bundle: the name of our DAG bundle.
    :param accounts: those that have workflows.
    """
    finish_runs(session, bundle)
    forget_next_runs(session, bundle, accounts)
    begin_runs(session, bundle, accounts)
    return ending_windows(session, bundle, accounts)


def finish_runs(session: Session, bundle: str) -> None:
    """See the end of runs whose DAG is paused or gone: Airflow does so once a minute, or never."""
    query = select(DagRun).join(DagRun.dag_model).where(_is_window(bundle), DagRun.state == DagRunState.RUNNING)
    query = query.where(or_(DagModel.is_paused, DagModel.is_stale))
    dags = DBDagBag()
    for run in session.scalars(with_row_locks(query, of=DagRun, session=session, skip_locked=True)):
        if dag := dags.get_dag_for_run(dag_run=run, session=session):
            run.dag = dag
            run.update_state(execute_callbacks=False, session=session)


def forget_next_runs(session: Session, bundle: str, accounts: Set[str]) -> None:
    """
    Forget when a paused window's next run was due: after the pause it begins at once, and is not late by then.

    Nor has an account that is gone a next run, though its DAGs stay until they were parsed anew.
    """
    due = session.execute(
        select(DagModel.dag_id, DagModel.is_paused).where(
            _is_window(bundle), DagModel.next_dagrun_create_after.is_not(None)
        )
    )
    dag_ids = [dag_id for dag_id, is_paused in due if is_paused or _is_gone(dag_id, accounts)]
    if dag_ids:
        session.execute(_update(bundle).where(DagModel.dag_id.in_(dag_ids)).values(dict.fromkeys(NEXT_RUN)))


def begin_runs(session: Session, bundle: str, accounts: Set[str]) -> None:
    """Let windows begin where none is running: after a pause, and after one that ended before its time."""
    now = datetime.now(timezone.utc)
    runs = select(DagRun.id).where(DagRun.dag_id == DagModel.dag_id)
    is_active = runs.where(DagRun.state.in_(State.unfinished_dr_states)).exists()
    has_just_failed = runs.where(DagRun.state == DagRunState.FAILED, DagRun.start_date > now - FAILED_PAUSE).exists()
    waits = or_(DagModel.next_dagrun_create_after.is_(None), DagModel.next_dagrun_create_after > now)
    may_run = and_(~DagModel.is_paused, ~DagModel.is_stale, ~DagModel.has_import_errors)
    begins = select(DagModel.dag_id).where(_is_window(bundle), may_run, waits, ~is_active, ~has_just_failed)
    due = session.scalars(begins.order_by(DagModel.dag_id))
    dag_ids = [dag_id for dag_id in due if not _is_gone(dag_id, accounts)][:BEGIN_AT_ONCE]
    if dag_ids:
        session.execute(_update(bundle).where(DagModel.dag_id.in_(dag_ids)).values(dict.fromkeys(NEXT_RUN, now)))


def ending_windows(session: Session, bundle: str, accounts: Set[str]) -> Endings:
    """Return the runs whose windows are to end: their DAG is paused, or their account or workflow is gone."""
    endings = Endings()
    works = DagRun.task_instances.any(TaskInstance.state.in_((TaskInstanceState.DEFERRED, TaskInstanceState.RUNNING)))
    query = select(DagRun.dag_id, DagRun.run_id, DagModel.is_paused, DagModel.is_stale).join(DagRun.dag_model)
    query = query.where(_is_window(bundle), DagRun.state == DagRunState.RUNNING, works)
    for dag_id, run_id, is_paused, is_stale in session.execute(query):
        if is_stale or _is_gone(dag_id, accounts):
            endings.add(dag_id, run_id, GONE)
        elif is_paused:
            endings.add(dag_id, run_id, PAUSED)
    return endings


def _is_gone(dag_id: str, accounts: Set[str]) -> bool:
    """Whether a window's account is none that has workflows."""
    return accounts.isdisjoint(accounts_of(dag_id))


def _is_window(bundle: str) -> ColumnElement[bool]:
    """Whether a DAG's runs are windows of ours."""
    names = (DagModel.dag_id.startswith(workflow.dag_id(""), autoescape=True) for workflow in WINDOW_WORKFLOWS)
    return and_(DagModel.bundle_name == bundle, or_(*names))


def _update(bundle: str) -> Update:
    return update(DagModel).where(_is_window(bundle)).execution_options(synchronize_session=False)
