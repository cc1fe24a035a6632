"""The Airflow connections of the local stack: the control instance, two accounts and the SMTP sink."""

from __future__ import annotations

import json
from typing import Any

from message_center.accounts.account import Account
from message_center.local import webhooks
from message_center.local.airflow_api import AirflowApi
from message_center.local.files import import_path
from message_center.local.paths import CONTROL_DATABASE, DEMO_ACCOUNTS, Paths, Ports

# The one that an account's form has as its default.
SMTP = Account.smtp_conn_id


def connections(paths: Paths, ports: Ports) -> list[dict[str, Any]]:
    """Return the connections in the words of Airflow's REST API."""
    return [
        _database(CONTROL_DATABASE, "message_center_control", paths, ports, {}),
        {
            "connection_id": SMTP,
            "conn_type": "smtp",
            "description": "The SMTP sink of the local stack: it records messages and delivers none",
            "host": "127.0.0.1",
            "port": ports.smtp,
            "extra": json.dumps(
                {"disable_tls": True, "disable_ssl": True, "from_email": "shop@example.com", "timeout": 30}
            ),
        },
        *(
            _database(account, "message_center_execution", paths, ports, _account(account, paths).to_extra())
            for account in DEMO_ACCOUNTS
        ),
    ]


def _account(name: str, paths: Paths) -> Account:
    return Account(name, import_path=import_path(paths.imports(name)))


def _database(name: str, kind: str, paths: Paths, ports: Ports, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "connection_id": name,
        "conn_type": kind,
        "host": "127.0.0.1",
        "port": ports.postgres,
        "login": name,
        "password": paths.secrets[f"postgres:{name}"],
        "schema": name,
        "extra": json.dumps(extra),
    }


def register(airflow: AirflowApi, paths: Paths, ports: Ports) -> None:
    """
    Add the connections at the first start; later, only bring their ports up to date.

    What the user has changed or deleted meanwhile stays so.
    """
    marker = paths.run / "registered"
    added = set(marker.read_text().split()) if marker.exists() else set()
    for connection in connections(paths, ports):
        known = airflow.connection(connection["connection_id"])
        if known is None and connection["connection_id"] not in added:
            airflow.add_connection(connection)
        elif known is not None and known["port"] != connection["port"]:
            airflow.change_connection(
                connection["connection_id"], conn_type=known["conn_type"], port=connection["port"]
            )
    for account in DEMO_ACCOUNTS:
        webhooks.follow_receiver(airflow, account, ports)
    marker.write_text("\n".join(connection["connection_id"] for connection in connections(paths, ports)))
