"""What people see of an instance's webhooks, and do with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from message_center.sql import statement

Connection = psycopg.Connection[Any]

COUNTED = 10_000
"""Up to here what waits is counted."""


@dataclass(frozen=True)
class WebhookAct:
    """What somebody wants done with a webhook; asked for again under the same id, it is done already."""

    id: UUID
    requested_by: str
    reason: str
    webhook: str

    def given(self) -> dict[str, Any]:
        return {"act": self.id, "requested_by": self.requested_by, "reason": self.reason, "webhook": self.webhook}


def webhooks_of(execution: Connection) -> list[dict[str, Any]]:
    """Return the webhooks of an instance, how each stands and what waits for it."""
    return (
        execution.cursor(row_factory=dict_row).execute(statement("execution/webhooks"), {"bound": COUNTED}).fetchall()
    )


def resume(execution: Connection, act: WebhookAct) -> None:
    """
    Let a webhook be told again, from where it stood.

    :raises psycopg.errors.NoDataFound: if there is none of this name.
    """
    execution.execute(statement("execution/resume_webhook"), act.given())


def replay(execution: Connection, act: WebhookAct, since: datetime) -> None:
    """
    Tell a webhook again, under the same ids, the statuses of all events that have changed since a moment.

    :raises psycopg.errors.NoDataFound: if there is none of this name.
    """
    execution.execute(statement("execution/replay_webhook"), act.given() | {"since": since})
