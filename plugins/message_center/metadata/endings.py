"""Windows that are to end before their time: one Airflow Variable, written by the DAG bundle, read by the windows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from airflow.sdk import Variable

ENDINGS_VARIABLE = "message_center_ending_windows"

PAUSED = "its DAG is paused"
GONE = "its account or workflow is gone"


@dataclass(frozen=True)
class Endings:
    """
    The runs whose windows are to end, and why.

    A run is named, not a DAG: a window that begins after the pause is over finds nothing of it, however late it looks.
    """

    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, dag_id: str, run_id: str, reason: str) -> None:
        """Let a run's windows end."""
        self.reasons[f"{dag_id}/{run_id}"] = reason

    def reason(self, dag_id: str, run_id: str) -> str | None:
        """Return why the windows of a run are to end; ``None`` if they aren't."""
        return self.reasons.get(f"{dag_id}/{run_id}")

    def to_json(self) -> str:
        """Return the value of the Variable: sorted, so that it changes only when a run does."""
        return json.dumps(self.reasons, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, value: str | None) -> Endings:
        """Read the value of the Variable; none at all before the DAG bundle has written it."""
        return cls(json.loads(value) if value else {})


def read_endings() -> Endings:
    """Ask Airflow which windows are to end."""
    return Endings.from_json(Variable.get(ENDINGS_VARIABLE, default=None))
