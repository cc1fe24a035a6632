"""
An execution database that is not, or not any more, the one that the archive goes on from: it was moved, restored, put
back on its disk, or a replica that lagged took over. It shows in its identity and in its checkpoints; then the archive
starts over.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from message_center.sql import statement

Connection = psycopg.Connection[Any]

RESTORED = "the database is older than what was archived of it: it was restored"

log = logging.getLogger(__name__)


def leave_checkpoint(execution: Connection, stream: str, known: uuid.UUID | None) -> uuid.UUID:
    """
    Leave a new checkpoint on the execution side, and all that was committed there before on its disk.

    :param known: the one that control goes on from; it stays, whatever its age.
    """
    new = uuid.uuid4()
    execution.execute(statement("execution/leave_checkpoint"), {"stream": stream, "known": known, "new": new})
    return new


def lacks(execution: Connection, checkpoints: Collection[uuid.UUID | None]) -> bool:
    """Tell whether the database lacks one of the checkpoints. A watermark from before there were any has none."""
    row = execution.execute(statement("execution/lacks_checkpoint"), {"checkpoints": list(checkpoints)}).fetchone()
    return bool(row and row[0])


def is_restored(account: str, control: Connection, execution: Connection) -> bool:
    """Tell whether the database lacks what one of the account's streams has left there."""
    rows = control.execute(statement("control/checkpoints"), {"account": account}).fetchall()
    return lacks(execution, [checkpoint for (checkpoint,) in rows])


def start_over(account: str, control: Connection, execution: Connection, reason: str) -> None:
    """Let no id be given that the archive has, and have each stream bring everything at its next pass."""
    log.warning("Account %s: %s. The archive is brought up to date in full.", account, reason)
    row = control.execute(statement("control/max_archived_ids"), {"account": account}).fetchone()
    max_ids = row[0] if row else {}
    execution.execute(statement("execution/rebase_after_restore"), {"max_ids": Jsonb(max_ids)})
    control.execute(statement("control/forget_watermarks"), {"account": account, "reason": reason})
