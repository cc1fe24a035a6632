"""Airflow connections to the databases of a test."""

from __future__ import annotations

import json
from typing import Any

import psycopg


def as_airflow_sees(connection: psycopg.Connection[Any], conn_type: str, **changes: Any) -> str:
    """Return the Airflow connection to a database, as its environment variable has it."""
    info = connection.info
    fields = {"host": info.host, "port": info.port, "login": info.user, "schema": info.dbname} | changes
    return json.dumps({"conn_type": conn_type, "password": "hush-hush", **fields})
