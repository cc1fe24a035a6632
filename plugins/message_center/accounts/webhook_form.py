"""The fields of a webhook in the form of its connection."""

from __future__ import annotations

from typing import Any

TEXT = {"type": ["string", "null"]}

WEBHOOK_FIELDS: dict[str, Any] = {
    "account": {
        "label": "Account",
        "description": "The account whose events it is told of. Empty: all accounts.",
        "schema": TEXT,
    },
    "event_types": {
        "label": "Event types",
        "description": "The only event types that it is told of, with commas. Empty: all.",
        "schema": TEXT,
    },
    "statuses": {
        "label": "Statuses",
        "description": "The only statuses that it is told of, with commas. Empty: all.",
        "schema": TEXT,
    },
    "queues": {
        "label": "Queues",
        "description": "rt or batch. Empty: both.",
        "schema": TEXT,
    },
    "callers": {
        "label": "Callers",
        "description": "The only callers of the doors whose events it is told of, with commas. Empty: all events.",
        "schema": TEXT,
    },
}
WEBHOOK_FORM: dict[str, Any] = {
    "hidden-fields": ["schema", "login"],
    "relabeling": {"host": "URL", "password": "Secret"},
    "placeholders": {"host": "https://shop.example/status", "port": "443", "password": "whsec_…"},
}
