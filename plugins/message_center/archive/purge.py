"""purge: old events and logs go, on the execution side once they are archived, in the archive after a year."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from message_center import dry_runs
from message_center.archive import watermark
from message_center.archive.streams import (
    ACT_EVENTS,
    ACTS,
    DELIVERY_LOGS,
    EVENTS,
    STATISTICS,
    TRACKING_LOGS,
    Stream,
)
from message_center.archive.watermark import Connection, Watermark
from message_center.instances.belonging import owned
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.instances.restores import RESTORED, lacks
from message_center.sql import statement

MAX_ROWS = 10_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Purge:
    """
    What one task purges on the execution side.

    :param name: the task id, and the name of its SQL file.
    :param stream: the archiving stream that must have brought the rows.
    :param days: the param that says how long they are kept.
    """

    name: str
    stream: Stream
    days: str


PURGES = (
    Purge("purge_events", EVENTS, "events_kept_days"),
    Purge("purge_delivery_logs", DELIVERY_LOGS, "delivery_logs_kept_days"),
    Purge("purge_tracking_logs", TRACKING_LOGS, "delivery_logs_kept_days"),
    Purge("purge_statistics", STATISTICS, "events_kept_days"),
    Purge("purge_act_events", ACT_EVENTS, "delivery_logs_kept_days"),
    Purge("purge_acts", ACTS, "delivery_logs_kept_days"),
)
ARCHIVED = {
    "events": "archive_kept_days",
    "delivery_logs": "archive_kept_days",
    "tracking_logs": "archive_kept_days",
    "statistics": "events_kept_days",
    "statistics_by_day": "archive_kept_days",
    "acts": "archive_kept_days",
    "act_events": "archive_kept_days",
}
"""What is purged from the archive, and the param that says how long it is kept."""


@dataclass(frozen=True)
class Archived:
    """What the archive has of a stream: what its watermark's snapshot saw, but for the rows that it could not take."""

    mark: Watermark
    set_aside: list[int]


def load_archived(control: Connection, account: str, stream: Stream) -> Archived:
    """Return what the archive has of an account's stream."""
    mark = watermark.load(control, account, stream)
    # After the watermark, which moves behind a row in the transaction that sets it aside.
    names = {"account": account, "stream": stream.name}
    return Archived(mark, [each[0] for each in control.execute(statement("control/set_aside_rows"), names)])


def purge_execution(account: str, purge: Purge, params: Mapping[str, Any]) -> dict[str, Any]:
    """
    Purge what is old, at its end and archived from an account's instance, a set of rows at a time.

    :param params: of the DAG run: the days, and ``dry_run``.
    :return: ``rows``: how many went, or would in a dry run.
    :raises AccountError: if one of the databases cannot be reached.
    """
    rows = _purge(account, purge, params)
    log.info(dry_runs.sentence(params, f"{purge.name} of account {account}: {rows} rows"))
    return dry_runs.result(params, {"rows": rows})


def _purge(account: str, purge: Purge, params: Mapping[str, Any]) -> int:
    with connected(ControlInstanceHook(), account) as control:
        archived = load_archived(control, account, purge.stream)
        if archived.mark.snapshot is None:
            log.info("%s of account %s: nothing is archived yet, so nothing is purged", purge.name, account)
            return 0
        kept, is_dry = timedelta(days=params[purge.days]), dry_runs.is_dry(params)
        with owned(connected(ExecutionInstanceHook(account), account), account, control) as execution:
            return purge_rows(execution, purge, archived, kept, dry_run=is_dry)


def purge_rows(
    execution: Connection,
    purge: Purge,
    archived: Archived,
    kept: timedelta,
    max_rows: int = MAX_ROWS,
    dry_run: bool = False,
) -> int:
    """
    Purge a table of an execution instance, ``max_rows`` a transaction; nothing if another database was archived.

    :param archived: what the archive has of it; rows that it could not take stay.
    :param kept: the age that rows reach.
    :return: how many rows went, or would in a dry run.
    """
    if lacks(execution, [archived.mark.checkpoint]):
        log.warning("%s: nothing is purged before it is archived: %s", purge.name, RESTORED)
        return 0
    parameters = {
        "archived_snapshot": archived.mark.snapshot,
        "kept": kept,
        "max_rows": max_rows,
        "set_aside": archived.set_aside,
    }
    total, after_id, more = 0, 0, True
    while more:
        with execution.transaction(force_rollback=dry_run):
            step = execution.execute(statement(f"execution/{purge.name}"), {**parameters, "after_id": after_id})
            purged, after_id, more = step.fetchone() or (0, after_id, False)
        total += purged
    return total


def purge_archive(account: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """
    Purge an account's archive.

    :return: how many rows went from each table, or would in a dry run.
    :raises AccountError: if control cannot be reached.
    """
    with (
        connected(ControlInstanceHook(), account) as control,
        control.transaction(force_rollback=dry_runs.is_dry(params)),
    ):
        rows = {name: _purge_archived(control, account, name, params[days]) for name, days in ARCHIVED.items()}
    told = ", ".join(f"{number} {name}" for name, number in rows.items())
    log.info(dry_runs.sentence(params, f"the archive of account {account}: {told}"))
    return dry_runs.result(params, rows)


def _purge_archived(control: Connection, account: str, name: str, days: int) -> int:
    parameters = {"account": account, "kept": timedelta(days=days)}
    (row,) = control.execute(statement(f"control/purge_archived_{name}"), parameters).fetchall()
    return int(row[0])
