"""Which of our DAGs are paused, and who did that: from Airflow's own audit log."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from airflow.models import Log
from sqlalchemy.orm import Session

from message_center.metadata.paused import Pause, pauses_from_json, pauses_to_json
from message_center.metadata.pauses import paused_dags
from support.metadata import BUNDLE, add_dag

WINDOW, ARCHIVING = "rtEventsProcessing_mcExec1", "mcSynch_mcExec1"
AT = datetime(2026, 11, 29, 7, tzinfo=timezone.utc)


def patched(session: Session, dag_id: str, who: str, is_paused: str) -> None:
    entry = Log(event="patch_dag", dag_id=dag_id, owner=who, extra=f'{{"is_paused": {is_paused}, "method": "PATCH"}}')
    entry.dttm = AT
    session.add(entry)
    session.flush()


def test_who_paused_it_last_and_when(session: Session, dags: dict[str, Any]) -> None:
    window, archiving = (add_dag(session, dags[name]) for name in (WINDOW, ARCHIVING))
    assert paused_dags(session, BUNDLE, {}) == {}
    for who, is_paused in (("ann", "true"), ("bob", "false"), ("eve", "true"), ("bob", "false")):
        patched(session, WINDOW, who, is_paused)
    window.is_paused = archiving.is_paused = True
    session.flush()
    paused = paused_dags(session, BUNDLE, {})
    assert paused == {WINDOW: Pause("eve", AT.isoformat()), ARCHIVING: Pause()}
    assert str(paused[WINDOW]) == "by eve since 2026-11-29 07:00 UTC"
    assert pauses_from_json(pauses_to_json(paused)) == paused
    window.is_paused = False
    session.flush()
    assert list(paused_dags(session, BUNDLE, paused)) == [ARCHIVING]
    assert paused_dags(session, "another", {}) == {}
