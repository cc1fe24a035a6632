"""Which of our DAGs are there, which of them somebody has paused, who and when: what no heartbeat can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airflow.models import DagModel, Log
from airflow.utils.session import create_session
from sqlalchemy import select
from sqlalchemy.orm import Session

from message_center.metadata.paused import Pause

# Airflow's audit log names what a person did by the function of its API.
BY_API = "patch_dag"


def pauses(dag_ids: Iterable[str]) -> dict[str, bool]:
    """Return whether each DAG is paused; those that Airflow does not have now are left out."""
    query = select(DagModel.dag_id, DagModel.is_paused).where(DagModel.dag_id.in_(list(dag_ids)), ~DagModel.is_stale)
    with create_session() as session:
        return {dag_id: is_paused for dag_id, is_paused in session.execute(query)}


def paused_dags(session: Session, bundle: str, known: Mapping[str, Pause]) -> dict[str, Pause]:
    """
    Return the paused DAGs of our bundle.

    :param known: those that were paused a moment ago: who has paused them does not change.
    """
    query = select(DagModel.dag_id).where(DagModel.bundle_name == bundle, DagModel.is_paused, ~DagModel.is_stale)
    return {dag_id: known.get(dag_id) or _last_pause(session, dag_id) for dag_id in session.scalars(query)}


def _last_pause(session: Session, dag_id: str) -> Pause:
    query = select(Log.owner_display_name, Log.owner, Log.dttm).where(Log.dag_id == dag_id, Log.event == BY_API)
    query = query.where(Log.extra.contains('"is_paused": true')).order_by(Log.id.desc()).limit(1)
    found = session.execute(query).one_or_none()
    if found is None:
        return Pause()
    name, login, moment = found
    return Pause(name or login, moment.isoformat() if moment else None)
