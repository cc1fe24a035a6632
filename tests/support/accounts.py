"""Accounts of a running stack: new ones, and their end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from message_center.accounts.account import WINDOW_SECONDS as ALLOWED_WINDOW_SECONDS
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.local.airflow_api import AirflowApi
from message_center.local.connections import SMTP, connections
from message_center.local.paths import CONTROL_DATABASE, DEMO_ACCOUNTS
from message_center.local.postgres import administrator
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER
from support.stack import Running
from support.waiting import until

# As short as they may be: what a test waits for most is the end of a window, and the beginning of the next.
WINDOW_SECONDS = ALLOWED_WINDOW_SECONDS[0]


@contextmanager
def new_account(stack: Running, name: str) -> Iterator[dict[str, Any]]:
    """A connection for a new execution instance, not yet in Airflow, whose database exists and is empty."""
    database = sql.Identifier(name)
    password = stack.paths.secrets["postgres:postgres"]
    with administrator(stack.paths, stack.ports) as connection:
        connection.execute(sql.SQL("create database {}").format(database))
    known = next(one for one in connections(stack.paths, stack.ports) if one["connection_id"] == "mcExec1")
    extra = json.dumps({"smtp_conn_id": SMTP, "window_seconds": WINDOW_SECONDS})
    yield {**known, "connection_id": name, "schema": name, "login": "postgres", "password": password, "extra": extra}
    with stack.airflow() as airflow:
        delete_account(airflow, name)
    with administrator(stack.paths, stack.ports) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(database))


def delete_account(airflow: AirflowApi, name: str) -> None:
    """
    Delete an account's connection, and wait until the registry has forgotten it.

    Until then nothing can be published: the account counts, and its workflows do not run.
    """
    airflow.delete_connection(name)
    until(f"{name} out of the registry", lambda: name not in registered(airflow), 30)


def forget_account(stack: Running, airflow: AirflowApi, name: str) -> None:
    """Leave nothing of an account that somebody has added, however far they came: it can be added anew."""
    delete_account(airflow, name)
    for workflow in (ARCHIVING, *STARTED_BY_THE_USER):
        airflow.request("PATCH", f"dags/{workflow.dag_id(name)}", json={"is_paused": True})
    airflow.request("DELETE", f"dags/{ARCHIVING.dag_id(name)}")
    with stack.connect(CONTROL_DATABASE) as control:
        control.execute("delete from message_center.execution_instance where account = %s", [name])
        control.execute("delete from message_center.archive_watermark where account = %s", [name])
    with administrator(stack.paths, stack.ports) as connection:
        named = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(named))
        connection.execute(sql.SQL("drop role if exists {}").format(named))


def registered(airflow: AirflowApi) -> set[str]:
    """Return the accounts in the registry."""
    value = airflow.request("GET", f"variables/{REGISTRY_VARIABLE}").json().get("value")
    return {account.account for account in Registry.from_json(value).accounts} if value else set()


def connect_to(account: dict[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the database of a connection that :func:`new_account` has made."""
    return psycopg.connect(
        host=account["host"],
        port=account["port"],
        user=account["login"],
        password=account["password"],
        dbname=account["schema"],
        autocommit=True,
    )


def delete_demo_accounts(airflow: AirflowApi) -> None:
    """Delete the accounts that a new stack has, and wait until nothing that is published waits for them."""
    for account in DEMO_ACCOUNTS:
        delete_account(airflow, account)


def wait_until_demo_accounts_are_gone(airflow: AirflowApi) -> None:
    """Wait until the deleted accounts' workflows are away, for twice the minute that this may take."""
    dag_ids = [ARCHIVING.dag_id(account) for account in DEMO_ACCOUNTS]
    until("the demo's accounts away", lambda: not any(map(airflow.has_dag, dag_ids)), 120)
