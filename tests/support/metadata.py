"""Airflow's metadata database, on a real PostgreSQL, with our DAGs in it and whatever runs a test makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from airflow.models import DagModel, DagRun
from airflow.models.base import Base
from airflow.models.dagbag import DBDagBag
from airflow.models.dagbundle import DagBundleModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.tasklog import LogTemplate
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from airflow import models

BUNDLE = "message-center"

RUNS = """
with run as (
    insert into dag_run (
        dag_id, run_id, run_type, state, start_date, end_date, run_after, log_template_id, clear_number, span_status,
        triggered_by, created_dag_version_id
    )
    select
        version.dag_id, concat('scheduled__', :ended, '.', n), 'scheduled', 'success', :ended, :ended, :ended, 0, 0,
        'not_started', 'TIMETABLE', version.id
    from dag_version version, generate_series(1, :runs) n
    where version.dag_id = :dag_id
    returning id, dag_id, run_id, created_dag_version_id
), task as (
    insert into task_instance (
        id, dag_id, run_id, task_id, map_index, state, try_number, pool, pool_slots, dag_version_id, span_status
    )
    select
        gen_random_uuid(), dag_id, run_id, 'window', -1, 'success', 0, 'default_pool', 1, created_dag_version_id,
        'not_started'
    from run
    returning dag_id, run_id, task_id
)
insert into log (dttm, dag_id, run_id, task_id, event)
select :ended, dag_id, run_id, task_id, 'success' from task
"""

XCOMS = """
insert into xcom (dag_run_id, dag_id, run_id, task_id, map_index, key, value, timestamp)
select id, dag_id, run_id, 'window', -1, 'return_value', '{"routed": 1}', end_date
from dag_run
where end_date = :ended
"""


@contextmanager
def metadata_database(uri: str) -> Iterator[Session]:
    """Make Airflow's tables in an empty database."""
    models.import_all_models()  # type: ignore[no-untyped-call]
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([DagBundleModel(name=BUNDLE), LogTemplate(id=0, filename="", elasticsearch_id="")])
        session.commit()
        yield session
    engine.dispose()


def add_dag(session: Session, dag: Any, is_paused: bool = False, bundle: str = BUNDLE) -> DagModel:
    """Add a DAG as the DAG processor does."""
    lazy = LazyDeserializedDAG.from_dag(dag)
    SerializedDAG.bulk_write_to_db(bundle, None, [lazy], session=session)
    SerializedDagModel.write_dag(lazy, bundle_name=bundle, session=session)
    found = session.get_one(DagModel, dag.dag_id)
    found.is_paused = is_paused
    session.flush()
    return found


def add_dag_ids(session: Session, dag_ids: Iterable[str]) -> None:
    """Add DAGs of which there is nothing but that they are there, and at work."""
    session.add_all(
        DagModel(dag_id=dag_id, bundle_name=BUNDLE, is_stale=False)  # type: ignore[no-untyped-call]
        for dag_id in dag_ids
    )


def set_paused(session: Session, dag_id: str, is_paused: bool) -> None:
    """Pause a DAG, or unpause it."""
    session.get_one(DagModel, dag_id).is_paused = is_paused
    session.commit()


def add_run(
    session: Session,
    dag_id: str,
    state: DagRunState = DagRunState.RUNNING,
    task_state: TaskInstanceState = TaskInstanceState.DEFERRED,
    ago: timedelta = timedelta(),
) -> DagRun:
    """Add a run of a DAG that began some time ago, with all of its tasks in one state."""
    began = datetime.now(timezone.utc) - ago
    dag = DBDagBag().get_latest_version_of_dag(dag_id, session=session)
    assert dag is not None
    run = dag.create_dagrun(
        run_id=f"scheduled__{began.isoformat()}",
        logical_date=began,
        data_interval=(began, began),
        run_after=began,
        start_date=began,
        run_type=DagRunType.SCHEDULED,
        triggered_by=DagRunTriggeredByType.TIMETABLE,
        state=state,
        session=session,
    )
    for task in run.task_instances:
        task.state = task_state
    session.flush()
    return run


def insert_runs(session: Session, dag_id: str, runs: int, ended: datetime) -> None:
    """Add many runs at once, that all ended at one time, each with a task, its result and a row of the audit log."""
    session.execute(text(RUNS), {"dag_id": dag_id, "runs": runs, "ended": ended})
    session.execute(text(XCOMS), {"ended": ended})
