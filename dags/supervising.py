"""superviseMessageCenter: looks at all instances each minute, and tells people when something changes."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG
from airflow.sdk.definitions.timetables.trigger import DeltaTriggerTimetable

from message_center.dag_defaults import CONTROL_TAG, common_settings
from message_center.supervision.operator import SupervisionOperator
from message_center.workflows import SUPERVISE

with DAG(
    schedule=DeltaTriggerTimetable(timedelta(minutes=1)),
    max_active_runs=1,
    is_paused_upon_creation=False,
    **common_settings(SUPERVISE, CONTROL_TAG),
) as supervising:
    SupervisionOperator(task_id="supervise")
