"""What this package adds to Airflow: two connection types with their forms, and one section of configuration."""

from __future__ import annotations

from typing import Any

from message_center import __version__
from message_center.accounts.account import (
    CONTROL_CONNECTION_ID,
    CONTROL_CONNECTION_TYPE,
    EXECUTION_CONNECTION_TYPE,
    INSTANCE_IDENTIFIERS,
    WINDOW_SECONDS,
    Account,
)

DATABASE_FORM = {
    "relabeling": {"schema": "Database"},
    "placeholders": {
        "host": "db.example.com",
        "port": "5432",
        "schema": "message_center",
        "login": "message_center",
    },
}


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
        "description": "How long one run of a queue workflow works, and how long it goes on after you pause it.",
        "schema": _integer_of(WINDOW_SECONDS) | {"default": Account.window_seconds},
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


RETENTION_DAYS = {
    "events_kept_days": ("events of an execution instance", 30),
    "delivery_logs_kept_days": ("delivery and tracking logs of an execution instance", 180),
    "archive_kept_days": ("archived events and logs", 360),
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata in the form of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "message-center-airflow",
        "name": "Message Center",
        "description": "Transactional messaging over PostgreSQL: archiving, routing and delivery workflows.",
        "versions": [__version__],
        "connection-types": [
            {
                "connection-type": EXECUTION_CONNECTION_TYPE,
                "hook-class-name": "message_center.instances.hooks.ExecutionInstanceHook",
                "hook-name": "Message Center execution instance",
                "ui-field-behaviour": DATABASE_FORM,
                "conn-fields": ACCOUNT_FIELDS,
            },
            {
                "connection-type": CONTROL_CONNECTION_TYPE,
                "hook-class-name": "message_center.instances.hooks.ControlInstanceHook",
                "hook-name": "Message Center control instance",
                "ui-field-behaviour": DATABASE_FORM,
            },
        ],
        "config": {
            "message_center": {
                "description": f"Message Center. The control connection's id is always {CONTROL_CONNECTION_ID}.",
                "options": {
                    "project_folder": {
                        "description": "The folder that has include/templates and include/sql/enrichment. By default "
                        "AIRFLOW_HOME, or the checkout that Message Center runs from.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "/opt/airflow/project",
                        "default": "",
                    },
                    "account_ids": {
                        "description": "Connection ids of accounts kept in a secrets backend, which Airflow can look "
                        "up but not list, separated by commas.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "mcExec1,mcExec2",
                        "default": "",
                    },
                    **{
                        name: {
                            "description": f"For how many days {what} are kept; what is not archived is kept anyway.",
                            "version_added": __version__,
                            "type": "integer",
                            "example": str(days),
                            "default": str(days),
                        }
                        for name, (what, days) in RETENTION_DAYS.items()
                    },
                    "enrichment_callables": {
                        "description": "Python callables that enrich events before they are routed, run in workers: "
                        "event_type=module:name, separated by commas.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "order_confirmation=shop.enrichment:add_points",
                        "default": "",
                    },
                },
            }
        },
    }
