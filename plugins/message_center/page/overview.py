"""All instances at a glance: what each says of itself, what control knows of it, and what Airflow does for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import chain
from typing import Any

from message_center.accounts.account import CONTROL_CONNECTION_ID, Account
from message_center.accounts.registry import read_registry
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
from message_center.page.looks import COUNTED, Control, look_at, look_at_control
from message_center.page.side_by_side import A_GLANCE, PATIENCE_SECONDS, STILL_WAITING, SideBySide, Silence
from message_center.workflows import (
    DELIVER_WEBHOOKS,
    DELIVERY_EXECUTION,
    IMPORT_EVENTS,
    QUEUE_WORKFLOWS,
    STARTED_WITH_THE_ACCOUNT,
    Workflow,
)

Row = dict[str, Any]

NEVER: Mapping[str, Any] = {"heartbeat_at": None, "last_error": None, "last_error_at": None}
CONTROL_WORKFLOWS = frozenset(workflow.name for workflow in STARTED_WITH_THE_ACCOUNT)


CONTROL = CONTROL_CONNECTION_ID
look_at_all, look_at_controls = SideBySide(look_at), SideBySide(look_at_control)


def overview(seconds: float | None = None, only: str | None = None) -> Row:
    """
    Return one row for each account, and what is wrong with control or with accounts that cannot be.

    :param seconds: how long the instances are waited for; one that has not answered has only its ``silence``. None: no
        longer than a page may take, and a glance for those that the supervision has looked at lately.
    :param only: the one account that is asked for.
    :raises UnknownAccountError: if it is none.
    """
    registry = read_registry()
    accounts = [account for account in registry.accounts if only in (None, account.account)]
    if only and not accounts:
        raise UnknownAccountError(only)
    enabled = [account.account for account in accounts if account.enabled]
    patience = PATIENCE_SECONDS if seconds is None else seconds
    # Control beside Airflow, and before the instances: a hundred would hold it up, and it says what stands in for them.
    controls = look_at_controls.begin([CONTROL])
    importing = (IMPORT_EVENTS.dag_id(account.account) for account in accounts if account.import_path)
    paused = pauses(chain(importing, *(_dag_ids(account).values() for account in accounts)))
    who = read_pauses()
    seen = _known(controls.answers(min(patience, A_GLANCE)))
    looks = look_at_all.begin(enabled)
    spared = [account for account in enabled if seen.has_seen(account)] if seconds is None else []
    answers = looks.answers(patience - (looks.begun - controls.begun), spared)
    control = controls.answers(patience)[CONTROL]
    known = _known({CONTROL: control})
    return {
        "instances": [_instance(account, answers.get(account.account), known, paused, who) for account in accounts],
        "control": asdict(control) if isinstance(control, Silence) else None,
        "errors": registry.errors,
        "findings": [asdict(finding) for finding in level_findings(known.levels_of(""))],
        "counted": COUNTED,
        "now": datetime.now(timezone.utc),
    }


def _known(answers: Mapping[str, Control | Silence]) -> Control:
    control = answers[CONTROL]
    return Control() if isinstance(control, Silence) else control


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
        "importing": _importing(account, archive, paused),
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


def _importing(account: Account, archive: Mapping[str, Any], paused: dict[str, bool]) -> Row | None:
    """Return how the import of files stands, which leaves no heartbeat; ``None``: the account has no folder."""
    if not account.import_path:
        return None
    dag_id = IMPORT_EVENTS.dag_id(account.account)
    known = {**NEVER, **archive.get("heartbeats", {}).get(IMPORT_EVENTS.name, {})}
    return {**known, "dag_id": dag_id, "is_paused": paused.get(dag_id), "path": account.import_path}


def _findings(answer: Row | Silence | None, archive: Mapping[str, Any], workflows: list[Row]) -> Iterator[Finding]:
    if isinstance(answer, Silence) and not (answer is STILL_WAITING and "seen_at" in archive):
        yield Finding("alert", answer.detail.rstrip("."), answer.remedy.rstrip("."))
    yield from workflow_findings(workflows)
    yield from filter(None, [archive_finding(archive, workflows)])
    if isinstance(answer, dict):
        yield from stopped_findings(answer["stopped"])
