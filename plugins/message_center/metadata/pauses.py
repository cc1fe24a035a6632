"""Which of our DAGs are there, and which of them somebody has paused: what a heartbeat that is missing cannot tell."""

from __future__ import annotations

from collections.abc import Iterable

from airflow.models import DagModel
from airflow.utils.session import create_session
from sqlalchemy import select


def pauses(dag_ids: Iterable[str]) -> dict[str, bool]:
    """Return whether each DAG is paused; those that Airflow does not have now are left out."""
    query = select(DagModel.dag_id, DagModel.is_paused).where(DagModel.dag_id.in_(list(dag_ids)), ~DagModel.is_stale)
    with create_session() as session:
        return {dag_id: is_paused for dag_id, is_paused in session.execute(query)}
