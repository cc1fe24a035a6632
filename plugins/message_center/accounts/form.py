"""The fields of an account in the form of its connection."""

from __future__ import annotations

from typing import Any

from message_center.accounts.account import IMPORT_MINUTES, INSTANCE_IDENTIFIERS, WINDOW_SECONDS, Account


def _integer_of(allowed: range) -> dict[str, Any]:
    return {"type": ["integer", "null"], "minimum": allowed[0], "maximum": allowed[-1]}


ACCOUNT_FIELDS: dict[str, Any] = {
    "enabled": {
        "label": "Enabled",
        "description": "Off: the account keeps its data, and its workflows go away.",
        "schema": {"type": ["boolean", "null"], "default": True},
    },
    "instance_identifier": {
        "label": "Instance identifier",
        "description": "1 to 127, unique; names the instance in every event id. Empty: a free one is assigned.",
        "schema": _integer_of(INSTANCE_IDENTIFIERS),
    },
    "window_seconds": {
        "label": "Window in seconds",
        "description": f"{WINDOW_SECONDS[0]} to {WINDOW_SECONDS[-1]}; how long one run is. "
        "However long, a pause takes effect within 10 s.",
        "schema": _integer_of(WINDOW_SECONDS) | {"default": Account.window_seconds},
    },
    "deliver": {
        "label": "Deliver e-mails",
        "description": "Off: another delivery engine claims this account's messages.",
        "schema": {"type": ["boolean", "null"], "default": True},
    },
    "smtp_conn_id": {
        "label": "SMTP connection",
        "description": "The id of the Airflow connection of type SMTP through which this account's e-mails are sent.",
        "schema": {"type": ["string", "null"], "default": Account.smtp_conn_id},
    },
    "import_path": {
        "label": "Import folder",
        "description": "The URL of a folder with files of events, such as file:///srv/events or "
        "s3://connection_id@bucket/events. Empty: none are imported, and there is no DAG for it.",
        "schema": {"type": ["string", "null"]},
    },
    "import_minutes": {
        "label": "Minutes between imports",
        "description": f"{IMPORT_MINUTES[0]} to {IMPORT_MINUTES[-1]}; how often the folder is looked into.",
        "schema": _integer_of(IMPORT_MINUTES) | {"default": Account.import_minutes},
    },
}
