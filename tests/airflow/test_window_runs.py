"""What the DAG bundle does for the runs of windows, in a real metadata database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from airflow.models import DagModel
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy.orm import Session

from message_center.metadata.endings import GONE, PAUSED, Endings
from message_center.metadata.windows import tend_windows
from support.metadata import BUNDLE, add_dag, add_run

WINDOW, ARCHIVING = "rtEventsProcessing_mcExec1", "mcSynch_mcExec1"
OVER = TaskInstanceState.SUCCESS


@pytest.fixture
def window(session: Session, dags: dict[str, Any]) -> DagModel:
    """A window workflow that has just been unpaused, and has a next run due in ten minutes."""
    dag = add_dag(session, dags[WINDOW])
    set_due(dag, timedelta(minutes=10))
    return dag


def set_due(dag: DagModel, after: timedelta) -> None:
    dag.next_dagrun = dag.next_dagrun_create_after = datetime.now(timezone.utc) + after


def tend(session: Session, *accounts: str) -> Endings:
    session.flush()
    endings = tend_windows(session, BUNDLE, set(accounts or ["mcExec1"]))
    session.expire_all()
    return endings


def is_due(dag: DagModel) -> bool:
    return dag.next_dagrun_create_after is not None and dag.next_dagrun_create_after <= datetime.now(timezone.utc)


def test_a_pause_ends_the_windows_that_run_and_no_later_one(session: Session, window: DagModel) -> None:
    first = add_run(session, WINDOW)
    assert tend(session) == Endings()
    window.is_paused = True
    assert tend(session).reason(WINDOW, first.run_id) == PAUSED
    window.is_paused = False
    second = add_run(session, WINDOW)
    window.is_paused = True
    endings = tend(session)
    assert {endings.reason(WINDOW, run.run_id) for run in (first, second)} == {PAUSED}
    for task in first.task_instances:
        task.state = OVER
    assert tend(session).reason(WINDOW, first.run_id) is None, "it is over"


def test_a_paused_window_that_has_ended_is_over_at_once(session: Session, window: DagModel) -> None:
    run = add_run(session, WINDOW, task_state=OVER)
    tend(session)
    assert run.state == DagRunState.RUNNING, "Airflow sees to it while the DAG is not paused"
    window.is_paused = True
    tend(session)
    assert run.state == DagRunState.SUCCESS
    assert run.end_date is not None


def test_an_account_that_goes_ends_its_windows_and_their_runs(session: Session, window: DagModel) -> None:
    run = add_run(session, WINDOW)
    assert tend(session, "mcExec2").reason(WINDOW, run.run_id) == GONE
    for task in run.task_instances:
        task.state = OVER
    window.is_stale = True
    assert tend(session, "mcExec2") == Endings()
    assert run.state == DagRunState.SUCCESS


def test_the_windows_of_an_account_that_has_gone_do_not_begin_again(session: Session, window: DagModel) -> None:
    """Its DAGs stay for up to a minute, until they were parsed without it."""
    add_run(session, WINDOW, DagRunState.SUCCESS, OVER)
    tend(session, "mcExec2")
    assert window.next_dagrun_create_after is None


def test_an_unpaused_window_begins_at_once_after_one_that_ended_early(session: Session, window: DagModel) -> None:
    add_run(session, WINDOW, DagRunState.SUCCESS, OVER)
    tend(session)
    assert is_due(window)
    assert window.next_dagrun == window.next_dagrun_create_after


def test_after_a_long_pause_a_window_is_not_late(session: Session, window: DagModel) -> None:
    set_due(window, -timedelta(hours=3))
    window.is_paused = True
    tend(session)
    assert window.next_dagrun_create_after is None, "the scheduler makes no run that was due hours ago"
    window.is_paused = False
    tend(session)
    assert window.next_dagrun_create_after is not None
    assert datetime.now(timezone.utc) - window.next_dagrun_create_after < timedelta(minutes=1)


@pytest.mark.parametrize("state", [DagRunState.QUEUED, DagRunState.RUNNING])
def test_while_a_window_runs_the_schedule_makes_the_next(session: Session, window: DagModel, state: str) -> None:
    add_run(session, WINDOW, DagRunState(state))
    tend(session)
    assert not is_due(window)


@pytest.mark.parametrize(("seconds", "again"), [(50, False), (70, True)])
def test_a_window_that_failed_is_followed_by_another_one_a_minute_after_it_began(
    session: Session, window: DagModel, seconds: int, again: bool
) -> None:
    add_run(session, WINDOW, DagRunState.FAILED, TaskInstanceState.FAILED, ago=timedelta(seconds=seconds))
    tend(session)
    assert is_due(window) == again, "one that fails at once does not run in a circle"


def test_where_many_windows_begin_they_begin_one_after_the_other(
    session: Session, dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("message_center.metadata.windows.BEGIN_AT_ONCE", 2)
    windows = [add_dag(session, dag) for dag_id, dag in dags.items() if dag_id.endswith("Processing_mcExec1")]
    windows.append(add_dag(session, dags["updateEventStatus_mcExec1"]))
    for dag in windows:
        set_due(dag, timedelta(minutes=10))
    tend(session)
    assert sum(map(is_due, windows)) == 2
    for dag in filter(is_due, windows):
        add_run(session, dag.dag_id)
    tend(session)
    assert all(map(is_due, windows))


def test_other_dags_are_left_alone(session: Session, dags: dict[str, Any]) -> None:
    archiving = add_dag(session, dags[ARCHIVING], is_paused=True)
    run = add_run(session, ARCHIVING)
    set_due(archiving, timedelta(minutes=10))
    due = archiving.next_dagrun_create_after
    assert tend(session) == Endings()
    assert (archiving.next_dagrun_create_after, run.state) == (due, DagRunState.RUNNING)
    archiving.is_paused = False
    tend(session)
    assert archiving.next_dagrun_create_after == due
