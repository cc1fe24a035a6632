"""Our DAGs that somebody has paused: one Airflow Variable, written by the DAG bundle, read by the supervision."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from airflow.sdk import Variable

PAUSED_VARIABLE = "message_center_paused"


@dataclass(frozen=True)
class Pause:
    """
    Who has paused a DAG, and when; ``None`` where Airflow's audit log has nothing of it: it was made paused, for one.

    :param since: in ISO 8601, UTC.
    """

    by: str | None = None
    since: str | None = None

    def __str__(self) -> str:
        """Return it as people read it: ``by ann since 2026-11-29 07:00 UTC``; or nothing."""
        since = self.since and f"since {self.since[:16].replace('T', ' ')} UTC"
        return " ".join(filter(None, [self.by and f"by {self.by}", since]))


def pauses_to_json(pauses: dict[str, Pause]) -> str:
    """Write the Variable, always in the same order."""
    return json.dumps({dag_id: asdict(pause) for dag_id, pause in pauses.items()}, indent=1, sort_keys=True)


def pauses_from_json(value: str | None) -> dict[str, Pause]:
    """Read the Variable; there is none before the DAG bundle has written it."""
    return {dag_id: Pause(**pause) for dag_id, pause in json.loads(value or "{}").items()}


def read_pauses() -> dict[str, Pause]:
    """Ask Airflow which of our DAGs are paused."""
    return pauses_from_json(Variable.get(PAUSED_VARIABLE, default=None))
