"""The demo as one who is told: a webhook for each account, whose messages the stack's receiver takes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import psycopg

from message_center.accounts.webhook import WEBHOOK_CONNECTION_TYPE
from message_center.local.airflow_api import AirflowApi
from message_center.local.paths import Paths, Ports
from message_center.local.settings import webhook_url
from message_center.webhooks.acts import webhooks_of

Connection = psycopg.Connection[tuple[Any, ...]]


def name_of(account: str) -> str:
    """Return the webhook's name, which is its connection's id."""
    return f"demo_{account}"


def add(airflow: AirflowApi, account: str, paths: Paths, ports: Ports) -> None:
    """Add an account's webhook, as docs/webhooks.md says; if it is there, bring it up to date."""
    connection: dict[str, Any] = {
        "connection_id": name_of(account),
        "conn_type": WEBHOOK_CONNECTION_TYPE,
        "description": "The demo's receiver of statuses: it checks signatures, and records what it is told",
        "host": webhook_url(ports),
        # It is in the URL; without this one Airflow refuses to test what is saved.
        "port": ports.webhook,
        "password": paths.secrets["webhook"],
        "extra": json.dumps({"account": account}),
    }
    if airflow.connection(connection["connection_id"]) is None:
        airflow.add_connection(connection)
    else:
        airflow.change_connection(**connection)


def follow_receiver(airflow: AirflowApi, account: str, ports: Ports) -> None:
    """Bring the port in the URL of an account's webhook up to date, unless somebody has sent it elsewhere."""
    known, url = airflow.connection(name_of(account)), webhook_url(ports)
    if known is not None and known["host"] != url and _without_port(known["host"]) == _without_port(url):
        airflow.change_connection(name_of(account), conn_type=known["conn_type"], host=url, port=ports.webhook)


def _without_port(url: str) -> tuple[str, str | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.path


def is_told(connection: Connection, account: str) -> bool:
    """Whether an account's window knows its webhook: what changes from now on, it is told."""
    return any(each["name"] == name_of(account) and not each["removed_at"] for each in webhooks_of(connection))
