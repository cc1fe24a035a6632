"""The fields of an account in the form of its connection."""

from __future__ import annotations

from typing import Any

from message_center.accounts.account import (
    MAX_IDENTIFIER,
    MAX_WINDOW_SECONDS,
    MIN_IDENTIFIER,
    MIN_WINDOW_SECONDS,
    Account,
)

ACCOUNT_FIELDS: dict[str, Any] = {
    "enabled": {
        "label": "Enabled",
        "description": "Off: the account keeps its data, and its workflows go away.",
        "schema": {"type": ["boolean", "null"], "default": True},
    },
    "instance_identifier": {
        "label": "Instance identifier",
        "description": f"{MIN_IDENTIFIER} to {MAX_IDENTIFIER}, unique; names the instance in every event id. "
        "Empty: a free one is assigned.",
        "schema": {"type": ["integer", "null"], "minimum": MIN_IDENTIFIER, "maximum": MAX_IDENTIFIER},
    },
    "window_seconds": {
        "label": "Window in seconds",
        "description": "How long one run of a queue workflow works, and how long it goes on after you pause it.",
        "schema": {
            "type": ["integer", "null"],
            "minimum": MIN_WINDOW_SECONDS,
            "maximum": MAX_WINDOW_SECONDS,
            "default": Account.window_seconds,
        },
    },
    "deliver": {
        "label": "Deliver e-mails",
        "description": "Off: another delivery engine claims this account's messages.",
        "schema": {"type": ["boolean", "null"], "default": True},
    },
    "smtp_conn_id": {
        "label": "SMTP connection",
        "description": "The Airflow connection of type SMTP through which this account's e-mails are sent.",
        "schema": {"type": ["string", "null"], "default": Account.smtp_conn_id},
    },
}
