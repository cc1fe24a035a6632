"""What is wrong with an instance, in words: green, orange or red, and never a colour without its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from message_center.workflows import ARCHIVING

State = Literal["ok", "warning", "alert"]
SEVERITY: tuple[State, ...] = ("ok", "warning", "alert")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what to do about it; two clauses without a full stop."""

    state: State
    problem: str
    remedy: str


def worst(states: Iterable[State]) -> State:
    """Return the worst of some states, ``ok`` if there are none."""
    return max(states, key=SEVERITY.index, default="ok")


def workflow_finding(workflow: Mapping[str, Any]) -> Finding | None:
    """Return what is wrong with a workflow of an instance; ``None`` for nothing, or when nobody knows."""
    dag_id = workflow["dag_id"]
    if workflow["is_paused"] is None:
        return Finding("alert", f"Airflow has no DAG {dag_id}", "Look for import errors on Airflow's home page")
    if workflow["is_paused"]:
        return Finding("warning", f"{dag_id} is paused", "Unpause it")
    if workflow["is_window"] and workflow["is_live"] is False:
        return Finding("alert", f"{dag_id} gives no sign of life{_since(workflow)}", "See why its last run failed")
    return None


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


def stopped_findings(stopped: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what somebody has stopped."""
    for event_type, reason in stopped.items():
        yield Finding(
            "warning", f"Events of type {event_type} are stopped: {reason}", "Resume the type when it may go on"
        )


def _since(workflow: Mapping[str, Any]) -> str:
    beat = workflow["heartbeat_at"]
    return f" since {str(beat)[:19].replace('T', ' ')} UTC" if beat else " and never has"
