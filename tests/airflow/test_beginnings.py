"""When archivings begin out of their turn, in a real metadata database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from airflow.models import DagModel, DagRun
from sqlalchemy.orm import Session

from message_center.metadata.beginnings import Beginnings, begun_from_json, begun_to_json, schemas_digest
from support.metadata import BUNDLE, add_dag, add_run

ACCOUNT = "mcExec1"
BEGUN = {ACCOUNT: schemas_digest()}


@pytest.fixture
def archiving(session: Session, dags: dict[str, Any]) -> DagModel:
    """The archiving of an account as the DAG processor has just left it."""
    return parsed(add_dag(session, dags["mcSynch_mcExec1"]))


@pytest.fixture
def beginnings() -> Beginnings:
    return Beginnings(BUNDLE)


def parsed(dag: DagModel) -> DagModel:
    """Set the next run as a parse does: at the schedule's minute."""
    dag.next_dagrun = dag.next_dagrun_create_after = datetime.now(timezone.utc) + timedelta(minutes=50)
    return dag


def refresh(
    session: Session, beginnings: Beginnings, begun: dict[str, str], accounts: set[str] | None = None
) -> dict[str, str]:
    session.flush()
    known = beginnings.begin(session, {ACCOUNT} if accounts is None else accounts, begun)
    session.expire_all()
    return begun_from_json(begun_to_json(known))


def is_due(dag: DagModel) -> bool:
    return dag.next_dagrun_create_after is not None and dag.next_dagrun_create_after <= datetime.now(timezone.utc)


def make_run(session: Session, dag: DagModel) -> DagRun:
    """Make the run that is due, as the scheduler does."""
    due = dag.next_dagrun_create_after
    assert due is not None
    run = add_run(session, dag.dag_id)
    run.run_after = due
    parsed(dag)
    return run


def test_an_archiving_begins_with_its_account_and_is_dated_so(
    session: Session, archiving: DagModel, beginnings: Beginnings
) -> None:
    asked = datetime.now(timezone.utc)
    assert refresh(session, beginnings, {}) == {}, "it has not begun before there is a run"
    assert archiving.next_dagrun == archiving.next_dagrun_create_after
    assert archiving.next_dagrun is not None
    assert asked <= archiving.next_dagrun <= datetime.now(timezone.utc)
    make_run(session, archiving)
    assert refresh(session, beginnings, {}) == BEGUN
    assert not is_due(archiving)
    assert refresh(session, beginnings, BEGUN) == BEGUN
    assert not is_due(archiving), "and from then on by its schedule"


def test_a_parse_that_comes_between_takes_no_beginning_away(
    session: Session, archiving: DagModel, beginnings: Beginnings
) -> None:
    refresh(session, beginnings, {})
    parsed(archiving)
    assert refresh(session, beginnings, {}) == {}
    assert is_due(archiving)


def test_a_run_that_was_made_for_something_else_is_no_beginning(
    session: Session, archiving: DagModel, beginnings: Beginnings
) -> None:
    add_run(session, archiving.dag_id, ago=timedelta(seconds=20))
    assert refresh(session, beginnings, {}) == {}
    assert is_due(archiving)


def test_an_upgrade_lets_all_archivings_begin_which_migrate(
    session: Session, dags: dict[str, Any], archiving: DagModel, beginnings: Beginnings
) -> None:
    purge = parsed(add_dag(session, dags["purge_mcExec1"]))
    refresh(session, beginnings, {ACCOUNT: "of an older version"})
    assert is_due(archiving)
    assert not is_due(purge)


def test_an_archiving_that_is_paused_begins_when_it_no_longer_is(
    session: Session, archiving: DagModel, beginnings: Beginnings
) -> None:
    archiving.is_paused = True
    assert refresh(session, beginnings, {}) == {}
    assert not is_due(archiving)
    archiving.is_paused = False
    refresh(session, beginnings, {})
    assert is_due(archiving)


def test_an_account_that_is_created_anew_begins_anew(
    session: Session, archiving: DagModel, beginnings: Beginnings
) -> None:
    archiving.is_stale = True
    assert refresh(session, beginnings, BEGUN, accounts=set()) == {}
    assert refresh(session, beginnings, {}) == {}
    assert not is_due(archiving), "its DAG has yet to come back"
    archiving.is_stale = False
    refresh(session, beginnings, {})
    assert is_due(archiving)
