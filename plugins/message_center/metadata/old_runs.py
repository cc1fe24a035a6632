"""
The purge of old runs of our DAGs: rows of Airflow's metadata database, and the logs of their tasks.

A run of the purge's DAG asks for it, and the DAG bundle does it, a little at each refresh: it has the database.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.configuration import conf
from airflow.models import DagModel, DagRun, Log
from airflow.models.asset import AssetEvent, association_table
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, aliased

from message_center import dry_runs
from message_center.metadata.run_purge import RunPurge, wanted_days
from message_center.workflows import PURGE_RUNS

ROWS = 1_000
"""How many rows are deleted in one transaction."""

REFRESH_SECONDS = 1.0
"""For how long a refresh of the bundle goes on with it: other things wait meanwhile."""


def purge_as_asked(session: Session, bundle: str, known: RunPurge) -> RunPurge:
    """
    Do some of what a run of the purge asks for, if there is one under way.

    :param bundle: the name of our DAG bundle.
    :param known: how far the last one has come.
    :return: how far this one has come.
    """
    run = session.scalar(
        select(DagRun).where(DagRun.dag_id == PURGE_RUNS.name, DagRun.state == DagRunState.RUNNING).order_by(DagRun.id)
    )
    if run is None or (known.run_id == run.run_id and known.is_done):
        return known
    asked, run_id = dict(run.conf or {}), run.run_id
    old = OldRuns(session, bundle, datetime.now(timezone.utc) - timedelta(days=wanted_days(asked)))
    if dry_runs.is_dry(asked):
        return RunPurge(run_id, is_done=True, counts=dry_runs.result(asked, old.count()))
    counts, is_done = Counter(known.counts if known.run_id == run_id else {}), False
    end = time.monotonic() + REFRESH_SECONDS
    while not is_done:
        deleted = old.delete_some()
        counts.update(deleted)
        is_done = not any(deleted.values())
        if time.monotonic() > end:
            break
    if is_done:
        purge_parsing_logs(bundle, old.before)
    return RunPurge(run_id, is_done, dict(counts))


@dataclass(frozen=True)
class OldRuns:
    """
    What of our DAGs' runs is old.

    :param bundle: the name of our DAG bundle: the DAGs in it are ours, and those alone.
    :param before: what has ended before this is old.
    """

    session: Session
    bundle: str
    before: datetime

    def count(self) -> dict[str, int]:
        """Return how much is old."""
        queries = {"runs": self._runs(), "log_rows": self._log_rows(), "asset_events": self._asset_events()}
        counts = {name: select(func.count()).select_from(query.subquery()) for name, query in queries.items()}
        return {name: self.session.scalar(count) or 0 for name, count in counts.items()}

    def delete_some(self) -> dict[str, int]:
        """Delete a set of each kind, and the logs of its tasks; return how many there were of each."""
        runs = self.session.execute(self._runs().order_by(DagRun.id).limit(ROWS)).all()
        # Task instances, XComs and whatever else belongs to a run go with it, by the foreign keys of the database.
        counts = {
            "runs": self._delete(DagRun, [run.id for run in runs]),
            "log_rows": self._delete(Log, self._ids(self._log_rows())),
            "asset_events": self._delete(AssetEvent, self._ids(self._asset_events())),
        }
        self.session.commit()
        for run in runs:
            shutil.rmtree(log_folder(run.dag_id, run.run_id), ignore_errors=True)
        return counts

    def _runs(self) -> Select[int, str, str]:
        """The last scheduled run of a DAG stays: its schedule goes on from there."""
        later = aliased(DagRun)
        has_successor = (
            select(later.id)
            .where(later.dag_id == DagRun.dag_id, later.id > DagRun.id, later.run_type == DagRunType.SCHEDULED)
            .exists()
        )
        return select(DagRun.id, DagRun.dag_id, DagRun.run_id).where(
            DagRun.dag_id.in_(self._dag_ids()),
            DagRun.state.in_((DagRunState.SUCCESS, DagRunState.FAILED)),
            func.coalesce(DagRun.end_date, DagRun.run_after) < self.before,
            has_successor | (DagRun.run_type != DagRunType.SCHEDULED),
        )

    def _log_rows(self) -> Select[int]:
        return select(Log.id).where(Log.dag_id.in_(self._dag_ids()), Log.dttm < self.before)

    def _asset_events(self) -> Select[int]:
        """Those by which somebody's DAG was started stay, as long as that run does."""
        is_used = select(association_table.c.event_id).where(association_table.c.event_id == AssetEvent.id).exists()
        return select(AssetEvent.id).where(
            AssetEvent.source_dag_id.in_(self._dag_ids()), AssetEvent.timestamp < self.before, ~is_used
        )

    def _dag_ids(self) -> Select[str]:
        return select(DagModel.dag_id).where(DagModel.bundle_name == self.bundle)

    def _ids(self, old: Select[int]) -> list[int]:
        return list(self.session.scalars(old.limit(ROWS)))

    def _delete(self, table: type[DagRun | Log | AssetEvent], ids: Sequence[int]) -> int:
        if ids:
            self.session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
        return len(ids)


def log_folder(dag_id: str, run_id: str) -> Path:
    """Return where Airflow keeps the logs of a run's tasks, unless it was told another pattern."""
    return Path(conf.get_mandatory_value("logging", "base_log_folder")) / f"dag_id={dag_id}" / f"run_id={run_id}"


def purge_parsing_logs(bundle: str, before: datetime) -> None:
    """Delete what the DAG processor has logged of our DAG files, in folders of a day each."""
    folder = Path(conf.get_mandatory_value("logging", "dag_processor_child_process_log_directory"))
    for day in folder.glob("????-??-??"):
        if day.name < before.date().isoformat():
            shutil.rmtree(day / bundle, ignore_errors=True)
