"""The runs of an account that is gone come to an end, in a real metadata database."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.models import DagModel, DagRun
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy.orm import Session

from message_center.metadata.abandoned import fail_abandoned_runs
from support.metadata import BUNDLE, add_dag, add_run

ARCHIVING = "mcSynch_mcExec1"
WAITS = TaskInstanceState.UP_FOR_RETRY


@pytest.fixture
def archiving(session: Session, dags: dict[str, Any]) -> DagModel:
    """The archiving of an account that was deleted."""
    dag = add_dag(session, dags[ARCHIVING])
    dag.is_stale = True
    return dag


def state_after(session: Session, run: DagRun, *accounts: str) -> str:
    session.flush()
    fail_abandoned_runs(session, BUNDLE, set(accounts))
    session.flush()
    session.expire_all()
    return str(run.state)


@pytest.mark.usefixtures("archiving")
@pytest.mark.parametrize("state", [WAITS, TaskInstanceState.QUEUED, TaskInstanceState.SCHEDULED])
def test_what_nobody_starts_any_more_is_over(session: Session, state: TaskInstanceState) -> None:
    run = add_run(session, ARCHIVING, task_state=state)
    assert state_after(session, run, "mcExec2") == DagRunState.FAILED
    assert run.end_date is not None
    assert {task.state for task in run.task_instances} == {TaskInstanceState.REMOVED}


@pytest.mark.usefixtures("archiving")
def test_what_is_at_work_may_end_and_then_the_run_is_over(session: Session) -> None:
    run = add_run(session, ARCHIVING, task_state=WAITS)
    done, working, *_ = run.task_instances
    done.state, working.state = TaskInstanceState.SUCCESS, TaskInstanceState.RUNNING
    assert state_after(session, run) == DagRunState.RUNNING
    working.state = TaskInstanceState.FAILED
    assert state_after(session, run) == DagRunState.FAILED
    assert (done.state, working.state) == (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED)


@pytest.mark.usefixtures("archiving")
def test_a_dag_that_is_away_for_a_while_goes_on(session: Session) -> None:
    run = add_run(session, ARCHIVING, task_state=WAITS)
    assert state_after(session, run, "mcExec1") == DagRunState.RUNNING


def test_other_runs_are_left_alone(session: Session, archiving: DagModel, dags: dict[str, Any]) -> None:
    archiving.is_stale = False
    publication = add_dag(session, dags["publishMessageTemplates"])
    publication.is_stale = True
    for dag_id in (ARCHIVING, publication.dag_id):
        run = add_run(session, dag_id, task_state=WAITS)
        assert state_after(session, run) == DagRunState.RUNNING
