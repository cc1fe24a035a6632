"""The purge of old DAG runs, in a real metadata database: what goes, what stays, and how large it is after months."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models import DagRun, Log, TaskInstance
from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.xcom import XComModel
from airflow.sdk import DAG
from airflow.triggers.base import TaskSuccessEvent
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from message_center.metadata.old_runs import OldRuns, log_folder, purge_as_asked, purge_parsing_logs
from message_center.metadata.run_purge import PURGE_VARIABLE, RunPurge, RunPurgeTrigger, wanted_days
from support.metadata import BUNDLE, add_dag, add_run, insert_runs

WINDOW, ARCHIVING, PURGE = "rtEventsProcessing_mcExec1", "mcSynch_mcExec1", "purgeRuns"
OLD, RECENT = timedelta(days=8), timedelta(days=6)


@pytest.fixture
def session(session: Session, dags: dict[str, Any]) -> Session:
    """A metadata database with some of our DAGs."""
    for dag_id in (WINDOW, ARCHIVING, PURGE):
        add_dag(session, dags[dag_id])
    return session


@pytest.fixture(autouse=True)
def log_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Airflow's folders of logs."""
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path / "tasks"))
    monkeypatch.setenv("AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY", str(tmp_path / "parsing"))
    return tmp_path


def ended(session: Session, dag_id: str = WINDOW, ago: timedelta = OLD) -> DagRun:
    """Add a run that ended some time ago, with a result and a log."""
    run = add_run(session, dag_id, DagRunState.SUCCESS, TaskInstanceState.SUCCESS, ago)
    run.end_date = run.start_date
    for task in run.task_instances:
        XComModel.set(
            "return_value", {"routed": 1}, dag_id=dag_id, task_id=task.task_id, run_id=run.run_id, session=session
        )
    entry = Log(event="success", dag_id=dag_id, run_id=run.run_id)
    entry.dttm = run.start_date
    session.add(entry)
    folder = log_folder(dag_id, run.run_id) / "task_id=window"
    folder.mkdir(parents=True)
    (folder / "attempt=1.log").write_text("done")
    session.flush()
    return run


def purge(session: Session, days: int = 7, now: datetime | None = None) -> dict[str, int]:
    """Delete what is older than some days, until nothing is."""
    old = OldRuns(session, BUNDLE, (now or datetime.now(timezone.utc)) - timedelta(days=days))
    counted, deleted = old.count(), [old.delete_some() for _ in range(2)]
    assert deleted[0] == counted
    assert not any(deleted[1].values())
    session.expire_all()
    return counted


def left(session: Session) -> dict[str, int]:
    tables = {"runs": DagRun, "tasks": TaskInstance, "xcoms": XComModel, "log_rows": Log}
    return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}


def test_old_runs_go_with_all_that_belongs_to_them(session: Session) -> None:
    old, recent = ended(session), ended(session, ago=RECENT)
    old_logs, recent_logs = log_folder(WINDOW, old.run_id), log_folder(WINDOW, recent.run_id)
    assert purge(session) == {"runs": 1, "log_rows": 1, "asset_events": 0}
    assert left(session) == {"runs": 1, "tasks": 1, "xcoms": 1, "log_rows": 1}
    assert (old_logs.exists(), recent_logs.exists()) == (False, True)
    tables = session.scalars(text("select tablename from pg_tables where tablename like '%deleted%'")).all()
    assert tables == [], "nothing is kept in tables of its own"


def test_what_is_under_way_stays_and_so_does_the_last_run_of_a_schedule(session: Session) -> None:
    add_run(session, WINDOW, ago=OLD)
    ended(session)
    ended(session, ARCHIVING)
    assert purge(session)["runs"] == 0


def test_other_peoples_dags_are_left_alone(session: Session) -> None:
    """Whatever they are called: ours are those of our bundle."""
    session.execute(text("insert into dag_bundle (name, active) values ('theirs', true)"))
    with DAG("rtEventsProcessing_theirs", schedule=None) as theirs:
        pass
    add_dag(session, theirs, bundle="theirs")
    for _ in range(2):
        ended(session, theirs.dag_id)
    assert not any(purge(session).values())
    assert left(session)["runs"] == 2


def test_an_asset_event_stays_as_long_as_the_run_that_it_started(session: Session) -> None:
    asset = AssetModel(name="archive", uri="x-message-center://mcExec1/archive")
    session.add(asset)
    session.flush()
    before = datetime.now(timezone.utc) - OLD
    used, unused = (AssetEvent(asset_id=asset.id, source_dag_id=ARCHIVING, timestamp=before) for _ in range(2))
    session.add_all([used, unused])
    started = ended(session, ago=RECENT)
    started.consumed_asset_events.append(used)
    session.flush()
    assert purge(session)["asset_events"] == 1
    assert session.scalars(select(AssetEvent.id)).all() == [used.id]


def test_the_database_is_as_large_after_months_as_after_weeks(session: Session) -> None:
    """A day has 60 runs here, and VACUUM, as autovacuum does, for which a test does not wait."""
    sizes = []
    began = datetime.now(timezone.utc) - timedelta(days=90)
    for day in range(90):
        now = began + timedelta(days=day)
        insert_runs(session, WINDOW, 60, now)
        session.commit()
        purge(session, now=now)
        session.commit()
        sizes.append(size(session))
    assert left(session)["runs"] <= 60 * 8
    assert sizes[-1] <= 1.1 * sizes[30], sizes[::10]


def size(session: Session) -> int:
    with session.get_bind().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:  # type: ignore[union-attr]
        connection.execute(text("vacuum dag_run, task_instance, xcom, log"))
        tables = "array['dag_run', 'task_instance', 'xcom', 'log']"
        return int(
            connection.scalar(text(f"select sum(pg_total_relation_size(name::regclass)) from unnest({tables}) name"))
        )


def test_a_run_of_the_purge_has_the_bundle_do_it_and_learns_what_was_done(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ago in (OLD, OLD, RECENT):
        ended(session, ago=ago)
    session.commit()
    assert purge_as_asked(session, BUNDLE, RunPurge()) == RunPurge(), "nobody has asked for it"

    asked = add_run(session, PURGE)
    asked.conf = {"dry_run": True}
    session.flush()
    would_do = purge_as_asked(session, BUNDLE, RunPurge())
    assert (would_do.run_id, would_do.is_done, would_do.counts["runs"]) == (asked.run_id, True, 2)
    assert would_do.counts["dry_run"] is True
    assert left(session)["runs"] == 4

    asked.conf = {}
    session.flush()
    done = purge_as_asked(session, BUNDLE, RunPurge())
    assert (done.is_done, done.counts) == (True, {"runs": 2, "log_rows": 2, "asset_events": 0})
    assert purge_as_asked(session, BUNDLE, done) == done, "once is enough"
    nothing = purge_as_asked(session, BUNDLE, RunPurge())
    assert (nothing.is_done, nothing.counts) == (True, dict.fromkeys(done.counts, 0))

    monkeypatch.setenv(f"AIRFLOW_VAR_{PURGE_VARIABLE.upper()}", done.to_json())
    trigger = RunPurgeTrigger()
    trigger.task_instance = SimpleNamespace(task_id="purge_runs", run_id=asked.run_id)  # type: ignore[assignment]
    (fired,) = asyncio.run(events(trigger))
    assert isinstance(fired, TaskSuccessEvent)
    assert (fired.xcoms or {})["return_value"] == done.counts


async def events(trigger: RunPurgeTrigger) -> list[Any]:
    return [fired async for fired in trigger.run()]


def test_what_is_much_is_purged_over_several_refreshes(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("message_center.metadata.old_runs.ROWS", 2)
    monkeypatch.setattr("message_center.metadata.old_runs.REFRESH_SECONDS", 0)
    for ago in (*[OLD] * 3, RECENT):
        ended(session, ago=ago)
    add_run(session, PURGE)
    session.commit()
    so_far, steps = RunPurge(), []
    while not so_far.is_done:
        so_far = purge_as_asked(session, BUNDLE, so_far)
        steps.append(so_far.counts["runs"])
    assert steps == [2, 3, 3]


@pytest.mark.parametrize(("said", "days"), [({}, 7), ({"runs_kept_days": 3}, 3), ({"runs_kept_days": -5}, 1)])
def test_at_least_a_day_is_kept(said: dict[str, Any], days: int) -> None:
    assert wanted_days(said) == days


def test_logs_of_parsing_go_by_the_day_and_others_stay(log_folders: Path) -> None:
    kept = [log_folders / "parsing" / day / name for day, name in (("2026-11-20", BUNDLE), ("2026-11-10", "theirs"))]
    old = log_folders / "parsing" / "2026-11-10" / BUNDLE
    for folder in (*kept, old):
        folder.mkdir(parents=True)
    purge_parsing_logs(BUNDLE, datetime(2026, 11, 15, tzinfo=timezone.utc))
    assert [folder.exists() for folder in (*kept, old)] == [True, True, False]
