"""What the tasks of ``mcSynch_<account>`` call: a stream, the streams that are idle, the workflow's heartbeat."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException

from message_center import dry_runs
from message_center.accounts.account import Account, AccountError
from message_center.archive.archiving import ArchiveResult, archive_stream, has_news
from message_center.archive.counting import count_changed, count_what_is_left
from message_center.archive.errors import ArchiveError, explained
from message_center.archive.streams import QUARANTINE, STREAMS, Stream
from message_center.errors import one_line
from message_center.instances.belonging import owned
from message_center.instances.deployment import behind
from message_center.instances.heartbeats import record_run
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.instances.registration import initialize_connection
from message_center.sql import statement
from message_center.workflows import ARCHIVING

Connection = psycopg.Connection[Any]
Params = Mapping[str, Any]

DEPLOY_TEMPLATES = "deploy_templates"
"""The task that tells which templates an instance does not take."""

log = logging.getLogger(__name__)


def run_stream(account: str, stream: Stream, params: Params) -> dict[str, Any]:
    """
    Archive one stream of an account; the body of its task.

    :param params: of the DAG run: ``since`` (ISO date and time, or nothing), ``full``, ``dry_run``.
    :return: rows, chunks, bytes, seconds, set_aside; in a dry run, of what would come.
    :raises ArchiveError: naming the account, the stream and the remedy.
    """
    with connected(ControlInstanceHook(), account) as control:
        with _told(control, account, stream, params), _instance(account, control) as execution:
            result = archive_stream(
                execution,
                control,
                account,
                stream,
                since=timestamp(params.get("since")),
                full=bool(params.get("full")),
                dry_run=dry_runs.is_dry(params),
            )
        if dry_runs.is_dry(params):
            log.info(dry_runs.sentence(params, f"account {account}, {stream.name}: {result.rows} rows would come"))
        else:
            _note(control, account, stream, result)
    return dry_runs.result(params, asdict(result))


def begin_run(account: Account, params: Params) -> None:
    """
    Make both databases ready, and note on the control instance that a run has started; how the first task begins.

    :raises AccountError: if the account's instance cannot be used; noted in the heartbeat too.
    """
    try:
        begun = initialize_connection(account, take_over=bool(params.get("take_over")) and not dry_runs.is_dry(params))
    except (AccountError, psycopg.Error) as error:
        # Control itself may be what is missing; the task's own error says so.
        with suppress(psycopg.Error, AirflowNotFoundException), ControlInstanceHook().connect() as control:
            record_run(control, ARCHIVING.name, account.account, "error", error=str(error))
        raise
    if not dry_runs.is_dry(params):
        with ControlInstanceHook().connect() as control:
            record_run(control, ARCHIVING.name, account.account, "start")
            count_what_is_left(control, account.account)
    log.info("Account %s: instance %d is ready", account.account, begun["instance_identifier"])


def idle_tasks(account: str, params: Params) -> list[str]:
    """
    Return the ids of the tasks that have nothing to do; none in a run that is asked for by params.

    A stream that has nothing new is archived here, which takes no process of its own, as is the deployment where an
    instance has all that is published.
    """
    if any(params.get(name) for name in ("since", "full", "dry_run")):
        return []
    with connected(ControlInstanceHook(), account) as control, _instance(account, control) as execution:
        idle = [stream.name for stream in _archive_idle_streams(execution, control, account)]
        return idle if behind(control, execution) else [*idle, DEPLOY_TEMPLATES]


def finish_run(account: str, params: Params) -> dict[str, int] | None:
    """
    Note on the control instance that every stream of a run came to its end, and count what has come, for reports.

    :return: how many rows all of them brought; nothing when there were none, as idle windows have no result.
    :raises AirflowSkipException: in a dry run, so that nobody who waits for the archive is told that it is fresh.
    """
    if dry_runs.is_dry(params):
        raise AirflowSkipException("A dry run: nothing is new in the archive")
    with ControlInstanceHook().connect() as control:
        record_run(control, ARCHIVING.name, account, "success")
        names = {"workflow": ARCHIVING.name, "account": account}
        row = control.execute(statement("control/archived_rows"), names).fetchone()
        count_changed(control, account)
    return {"rows": row[0]} if row and row[0] else None


def quarantine_is_due(control: Connection, account: str) -> bool:
    """Tell whether the quarantine has its turn: every three hours."""
    names = {"account": account, "stream": QUARANTINE.name}
    row = control.execute(statement("control/quarantine_is_due"), names).fetchone()
    return bool(row and row[0])


def timestamp(text: str | datetime | None) -> datetime | None:
    """Read a DAG param; without an offset it is UTC, as everywhere in Airflow."""
    if not text:
        return None
    read = text if isinstance(text, datetime) else datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def _instance(account: str, control: Connection) -> Connection:
    return owned(ExecutionInstanceHook(account).connect(), account, control)


def _archive_idle_streams(execution: Connection, control: Connection, account: str) -> list[Stream]:
    """Look at a stream whose rows others refer to after them: it is idle only if they are."""
    idle: list[Stream] = []
    for stream in reversed(STREAMS):
        others = [other for other in STREAMS if other.after == stream.name]
        if all(other in idle for other in others) and _is_idle(execution, control, account, stream):
            idle.append(stream)
    return idle


def _is_idle(execution: Connection, control: Connection, account: str, stream: Stream) -> bool:
    if stream == QUARANTINE and not quarantine_is_due(control, account):
        return True
    # What cannot be read is left to its own task, which says why, and is tried again.
    try:
        if has_news(execution, control, account, stream):
            return False
        _note(control, account, stream, archive_stream(execution, control, account, stream))
    except (psycopg.Error, ArchiveError) as error:
        log.warning("Account %s, %s: left to its task: %s", account, stream.name, one_line(error))
        return False
    return True


def _note(control: Connection, account: str, stream: Stream, result: ArchiveResult) -> None:
    row = control.execute(statement("control/count_set_aside"), {"account": account}).fetchone()
    counts = {stream.name: result.rows, "set_aside": row[0] if row else 0}
    record_run(control, ARCHIVING.name, account, "stream", counts)
    log.info(
        "Account %s, %s: %d rows in %d chunks, %.1f s; %d set aside",
        account,
        stream.name,
        result.rows,
        result.chunks,
        result.seconds,
        result.set_aside,
    )


@contextmanager
def _told(control: Connection, account: str, stream: Stream, params: Params) -> Iterator[None]:
    """Put what goes wrong into the stream's terms, and into the heartbeat if that can be reached."""
    try:
        yield
    except (psycopg.Error, ArchiveError) as error:
        told = error if isinstance(error, ArchiveError) else explained(account, stream, error)
        if not control.broken and not dry_runs.is_dry(params):
            record_run(control, ARCHIVING.name, account, "error", error=str(told))
        raise told from error
