"""All instances at a glance: what each says of itself, what control knows of it, and what Airflow does for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.accounts.account import CONTROL_CONNECTION_ID, Account
from message_center.accounts.registry import read_registry
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook
from message_center.metadata.paused import Pause, read_pauses
from message_center.metadata.pauses import pauses
from message_center.page.databases import UnknownAccountError
from message_center.page.health import (
    Finding,
    archive_finding,
    fault_of,
    level_findings,
    stopped_findings,
    workflow_findings,
    worst,
)
from message_center.page.sessions import ask
from message_center.page.side_by_side import STILL_WAITING, SideBySide, Silence
from message_center.publication.preflight import ARCHIVING_CADENCE, LIVE
from message_center.sql import statement
from message_center.workflows import (
    DELIVER_WEBHOOKS,
    DELIVERY_EXECUTION,
    QUEUE_WORKFLOWS,
    STARTED_WITH_THE_ACCOUNT,
    Workflow,
)

Row = dict[str, Any]

COUNTED = 100_000
"""Up to here a queue's events are counted; what has more is shown as more."""

RECENTLY = timedelta(minutes=3)
"""What the supervision, which looks each minute, saw since stands in for an answer."""


@dataclass(frozen=True)
class Control:
    """What the control instance knows: of each account, and where the indicators of all of them stand."""

    accounts: Mapping[str, Row] = field(default_factory=dict)
    levels: Sequence[Row] = ()

    def levels_of(self, account: str) -> list[Row]:
        """Return where the indicators of an account stand; of none ("") those that belong to no account."""
        return [level for level in self.levels if level["account"] == account]


NEVER: Mapping[str, Any] = {"heartbeat_at": None, "last_error": None, "last_error_at": None}
CONTROL_WORKFLOWS = frozenset(workflow.name for workflow in STARTED_WITH_THE_ACCOUNT)


def look_at(account: str) -> Row:
    """Return what an execution instance says of itself now."""
    return ask(ExecutionInstanceHook(account=account), _overview)


def _overview(connection: psycopg.Connection) -> Row:
    rows = connection.cursor(row_factory=dict_row)
    (row,) = rows.execute(statement("execution/page_overview"), {"bound": COUNTED, **LIVE}).fetchall()
    return row


def look_at_control(control: str) -> Control:
    """Return what the control instance knows."""
    return ask(ControlInstanceHook(control_conn_id=control), _of_control)


def _of_control(connection: psycopg.Connection) -> Control:
    rows = connection.cursor(row_factory=dict_row)
    known = rows.execute(
        statement("control/page_overview"), {"cadence": ARCHIVING_CADENCE, "recent": RECENTLY}
    ).fetchall()
    levels = rows.execute(statement("control/page_levels")).fetchall()
    return Control({row["account"]: row for row in known}, levels)


CONTROL = CONTROL_CONNECTION_ID
look_at_all, look_at_controls = SideBySide(look_at), SideBySide(look_at_control)


def overview(seconds: float, only: str | None = None) -> Row:
    """
    Return one row for each account, and what is wrong with control or with accounts that cannot be.

    :param seconds: how long the instances are waited for; one that has not answered has only its ``silence``.
    :param only: the one account that is asked for.
    :raises UnknownAccountError: if it is none.
    """
    registry = read_registry()
    accounts = [account for account in registry.accounts if only in (None, account.account)]
    if only and not accounts:
        raise UnknownAccountError(only)
    enabled = [account.account for account in accounts if account.enabled]
    # Control, Airflow and the instances at once.
    look_at_controls.begin([CONTROL])
    look_at_all.begin(enabled)
    paused = pauses(dag_id for account in accounts for dag_id in _dag_ids(account).values())
    who = read_pauses()
    answers = look_at_all(enabled, seconds)
    control = look_at_controls([CONTROL], seconds)[CONTROL]
    known = Control() if isinstance(control, Silence) else control
    return {
        "instances": [_instance(account, answers.get(account.account), known, paused, who) for account in accounts],
        "control": asdict(control) if isinstance(control, Silence) else None,
        "errors": registry.errors,
        "findings": [asdict(finding) for finding in level_findings(known.levels_of(""))],
        "counted": COUNTED,
        "now": datetime.now(timezone.utc),
    }


def workflows_of(account: Account) -> tuple[Workflow, ...]:
    """Return the workflows that an account has, and its page shows."""
    delivery = (DELIVERY_EXECUTION,) if account.deliver else ()
    webhooks = (DELIVER_WEBHOOKS,) if account.webhooks else ()
    return (*QUEUE_WORKFLOWS, *delivery, *webhooks, *STARTED_WITH_THE_ACCOUNT)


def _dag_ids(account: Account) -> dict[str, str]:
    return {workflow.name: workflow.dag_id(account.account) for workflow in workflows_of(account)}


def _instance(
    account: Account, answer: Row | Silence | None, control: Control, paused: dict[str, bool], who: dict[str, Pause]
) -> Row:
    said = answer if isinstance(answer, dict) else {}
    archive, levels = dict(control.accounts.get(account.account, {})), control.levels_of(account.account)
    seen = archive.pop("seen", None)
    if answer is STILL_WAITING and seen:
        # What the supervision saw last, in the meantime.
        archive |= seen
    workflows = [*_workflows(account, said, archive, paused, who)]
    findings = [*_findings(answer, archive, workflows), *level_findings(levels)] if account.enabled else []
    shown = {name: value for part in (archive, said) for name, value in part.items() if name != "heartbeats"}
    return {
        **shown,
        "account": account.account,
        "enabled": account.enabled,
        "delivers": account.deliver,
        "silence": asdict(answer) if isinstance(answer, Silence) else None,
        "workflows": workflows,
        "levels": levels,
        "state": worst(finding.state for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _workflows(
    account: Account, said: Row, archive: Mapping[str, Any], paused: dict[str, bool], who: dict[str, Pause]
) -> Iterator[Row]:
    heartbeats = {**said.get("heartbeats", {}), **archive.get("heartbeats", {})}
    for name, dag_id in _dag_ids(account).items():
        is_window = name not in CONTROL_WORKFLOWS
        row = {
            "workflow": name,
            "dag_id": dag_id,
            "is_paused": paused.get(dag_id),
            "pause": str(who.get(dag_id, "")),
            "is_window": is_window,
            "is_live": None if is_window and not said else False,
            **NEVER,
            **heartbeats.get(name, {}),
        }
        fault = fault_of(row)
        is_unknown = row["is_live"] is None and not fault
        yield {**row, "state": "unknown" if is_unknown else fault.state if fault else "ok"}


def _findings(answer: Row | Silence | None, archive: Mapping[str, Any], workflows: list[Row]) -> Iterator[Finding]:
    if isinstance(answer, Silence) and not (answer is STILL_WAITING and "seen_at" in archive):
        yield Finding("alert", answer.detail.rstrip("."), answer.remedy.rstrip("."))
    yield from workflow_findings(workflows)
    yield from filter(None, [archive_finding(archive, workflows)])
    if isinstance(answer, dict):
        yield from stopped_findings(answer["stopped"])
