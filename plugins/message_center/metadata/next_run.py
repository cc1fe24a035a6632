"""The next run of a DAG, as Airflow's scheduler is told of it."""

from __future__ import annotations

NEXT_RUN = (
    "next_dagrun",
    "next_dagrun_create_after",
    "next_dagrun_data_interval_start",
    "next_dagrun_data_interval_end",
)
"""The columns that Airflow keeps it in: a run is due once they are past, and none is while they are empty."""
