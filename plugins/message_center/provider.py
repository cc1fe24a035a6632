"""
What this package adds to Airflow: three connection types with their forms, and one section of configuration.

Airflow reads this while it reads its own configuration, in every one of its processes: nothing here may import Airflow.
"""

from __future__ import annotations

from typing import Any

from message_center import __version__
from message_center.accounts.account import CONTROL_CONNECTION_ID, CONTROL_CONNECTION_TYPE, EXECUTION_CONNECTION_TYPE
from message_center.accounts.form import ACCOUNT_FIELDS
from message_center.accounts.webhook import MESSAGES_KEPT_DAYS, PATIENCE_DAYS, WEBHOOK_CONNECTION_TYPE
from message_center.accounts.webhook_form import WEBHOOK_FIELDS, WEBHOOK_FORM
from message_center.archive.retention import RETENTION_DAYS
from message_center.metadata.kept import KEPT_DAYS, KEPT_DAYS_OPTION

DATABASE_FORM = {
    "relabeling": {"schema": "Database"},
    "placeholders": {
        "host": "db.example.com",
        "port": "5432",
        "schema": "message_center",
        "login": "message_center",
    },
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
                "hook-class-name": "message_center.instances.connection_hooks.ExecutionConnectionHook",
                "hook-name": "Message Center execution instance",
                "ui-field-behaviour": DATABASE_FORM,
                "conn-fields": ACCOUNT_FIELDS,
            },
            {
                "connection-type": CONTROL_CONNECTION_TYPE,
                "hook-class-name": "message_center.instances.connection_hooks.ControlConnectionHook",
                "hook-name": "Message Center control instance",
                "ui-field-behaviour": DATABASE_FORM,
            },
            {
                "connection-type": WEBHOOK_CONNECTION_TYPE,
                "hook-class-name": "message_center.webhooks.hook.WebhookHook",
                "hook-name": "Message Center webhook",
                "ui-field-behaviour": WEBHOOK_FORM,
                "conn-fields": WEBHOOK_FIELDS,
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
                        "description": "Connection ids of accounts and webhooks in a secrets backend, which Airflow "
                        "can look up but not list, separated by commas.",
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
                    KEPT_DAYS_OPTION: {
                        "description": "For how many days the runs of our DAGs are kept, with their logs.",
                        "version_added": __version__,
                        "type": "integer",
                        "example": str(KEPT_DAYS),
                        "default": str(KEPT_DAYS),
                    },
                    "alert_notifiers": {
                        "description": "Who is told when an indicator crosses a threshold: a JSON array of objects "
                        "with the path of an Airflow notifier, from which level on, and its arguments, in whose "
                        "templates alert has subject, text and html.",
                        "version_added": __version__,
                        "type": "string",
                        "example": '[{"notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier", '
                        '"from": "warning", "arguments": {"to": "ops@shop.example", '
                        '"subject": "{{ alert.subject }}", "html_content": "{{ alert.html }}"}}]',
                        "default": "",
                    },
                    "alert_night": {
                        "description": "When alerts alone are told; warnings wait for the morning.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "22:00-07:00 Europe/Paris",
                        "default": "",
                    },
                    "metrics_token": {
                        "description": "The bearer token of those who may ask for /metrics and /mcPing; nobody may "
                        "without one.",
                        "version_added": __version__,
                        "type": "string",
                        "sensitive": True,
                        "example": "a long random text",
                        "default": "",
                    },
                    "ping_without_token": {
                        "description": "Whether /mcPing answers load balancers, which send no token.",
                        "type": "boolean",
                        "default": "False",
                        "example": None,
                        "version_added": __version__,
                    },
                    "webhook_http_is_allowed": {
                        "description": "Whether the URL of a webhook may begin with http, which everybody on the way "
                        "can read: for tests, and for receivers in the same house.",
                        "version_added": __version__,
                        "type": "boolean",
                        "example": "True",
                        "default": "False",
                    },
                    "webhook_patience_days": {
                        "description": "After how many days of failure a webhook is disabled, and a message given up "
                        "that its receiver refuses while it takes others.",
                        "version_added": __version__,
                        "type": "integer",
                        "example": str(PATIENCE_DAYS),
                        "default": str(PATIENCE_DAYS),
                    },
                    "webhook_messages_kept_days": {
                        "description": "For how many days it is remembered what a webhook was told.",
                        "version_added": __version__,
                        "type": "integer",
                        "example": str(MESSAGES_KEPT_DAYS),
                        "default": str(MESSAGES_KEPT_DAYS),
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
