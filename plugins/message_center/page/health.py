"""What is wrong with an instance, in words: green, orange or red, and never a colour without its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from message_center.supervision.names import NAMES, YES_OR_NO, with_unit
from message_center.workflows import ARCHIVING

State = Literal["ok", "warning", "alert"]
SEVERITY: tuple[State, ...] = ("ok", "warning", "alert")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what to do about it; two clauses without a full stop."""

    state: State
    problem: str
    remedy: str


MISSING = Finding("alert", "Airflow has no DAG", "Look for import errors on Airflow's home page")
SILENT = Finding("alert", "No sign of life", "See why the last run failed, and whether Airflow's triggerer runs")


def worst(states: Iterable[State]) -> State:
    """Return the worst of some states, ``ok`` if there are none."""
    return max(states, key=SEVERITY.index, default="ok")


def fault_of(workflow: Mapping[str, Any]) -> Finding | None:
    """Return what is wrong with a workflow; ``None`` for nothing, or when nobody knows."""
    if workflow["is_paused"] is None:
        return MISSING
    if workflow["is_paused"]:
        return Finding("warning", " ".join(filter(None, ["Paused", workflow["pause"]])), "Unpause what should work")
    return SILENT if workflow["is_window"] and workflow["is_live"] is False else None


def workflow_findings(workflows: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what is wrong with the workflows of an instance, those with the same fault together."""
    having: dict[Finding, list[str]] = {}
    for workflow in workflows:
        if fault := fault_of(workflow):
            having.setdefault(fault, []).append(workflow["workflow"])
    for fault, names in having.items():
        yield Finding(fault.state, f"{fault.problem}: {', '.join(names)}", fault.remedy)


def archive_finding(archive: Mapping[str, Any], workflows: Iterable[Mapping[str, Any]]) -> Finding | None:
    """Return what is wrong with the archive of an instance."""
    archiving = next(each for each in workflows if each["workflow"] == ARCHIVING.name)
    remedy = f"See the runs of {archiving['dag_id']}"
    if not archive:
        return Finding("alert", "It has not been registered yet", remedy)
    if not archiving.get("is_recent"):
        reason = f": {archiving['last_error']}" if archiving["last_error"] else ""
        return Finding("alert", f"The archive is behind{reason}", remedy)
    if archive["set_aside"]:
        return Finding("warning", f"{archive['set_aside']} rows could not be archived", remedy)
    return None


LOOKED_AT = frozenset({"heartbeat_seconds", "paused", "archive_lag_seconds", "unreachable"})
"""What the page itself looks at, just now."""

REMEDIES = {
    "error_rate": "See the errors of the instance, and the events that were not taken into account",
    "run_failed": "See why the run failed, correct that, and clear it",
    "quarantine_rate": "See the quarantine: a provider may refuse everything, for a while",
    "outgoing_per_hour": "See whether the delivery works, and whether its server slows it down",
    "webhook_disabled": "Mend its receiver, then enable the webhook again on the instance's page",
    "webhook_failing_seconds": "See its last error on the instance's page, and whether its receiver works",
    "sending_seconds": "See whether the mail server is slow",
}
WAITS = "See whether the workflow of the queue works, and whether more comes in than usual"


def level_findings(levels: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield the indicators that were past a threshold at the last look of the supervision."""
    for each in levels:
        name, about = each["indicator"], each["subject"] if each["subject"] not in ("", "all") else ""
        if each["level"] == "ok" or name in LOOKED_AT:
            continue
        words = NAMES[name].words if name in NAMES else name
        value = "" if name in YES_OR_NO else f", {with_unit(name, each['value'])}"
        problem = f"{words[:1].upper()}{words[1:]}{value}{f': {about}' if about else ''}"
        yield Finding(each["level"], problem, REMEDIES.get(name, WAITS))


def stopped_findings(stopped: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what somebody has stopped."""
    for event_type, reason in stopped.items():
        yield Finding(
            "warning", f"Events of type {event_type} are stopped: {reason}", "Resume them when they may go on"
        )
