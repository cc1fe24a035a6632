"""The purge of old runs as its DAG sees it: how far it has come is an Airflow Variable, which the DAG bundle writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.configuration import conf
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from message_center.metadata.kept import KEPT_DAYS, KEPT_DAYS_OPTION
from message_center.triggerer import TriggererOperator

PURGE_VARIABLE = "message_center_run_purge"

LOOK_SECONDS = 3.0
PATIENCE = timedelta(hours=1)


@dataclass(frozen=True)
class RunPurge:
    """
    How far a run of the purge has come.

    :param counts: what it has deleted so far; what it would delete, in a dry run.
    """

    run_id: str = ""
    is_done: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the value of the Variable."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, value: str | None) -> RunPurge:
        """Read the value of the Variable; none at all before the DAG bundle has written it."""
        return cls(**json.loads(value)) if value else cls()


def kept_days() -> int:
    """Return for how many days runs are kept: a setting."""
    return int(conf.getint("message_center", KEPT_DAYS_OPTION, fallback=KEPT_DAYS))


def wanted_days(params: Mapping[str, Any]) -> int:
    """Return for how many days a run of the purge keeps runs: at least one, whatever it says."""
    return max(1, int(params.get(KEPT_DAYS_OPTION) or kept_days()))


class RunPurgeOperator(TriggererOperator):
    """Wait in the triggerer until the DAG bundle has purged what is old; its counts are the task's result."""

    ui_color = "#eeeeee"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_from(2 * PATIENCE)

    def make_trigger(self) -> RunPurgeTrigger:
        """Return the trigger that waits."""
        return RunPurgeTrigger()


class RunPurgeTrigger(BaseTrigger):
    """Wait until the purge that this task's run asks for is done."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments that make this trigger again."""
        return f"{__name__}.{type(self).__name__}", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every few seconds; what is done late is done all the same, but is worth a red run."""
        run_id = self.task_instance.run_id if self.task_instance else ""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE.total_seconds()
        while loop.time() < end:
            purge = RunPurge.from_json(await asyncio.to_thread(Variable.get, PURGE_VARIABLE, default=None))
            if purge.run_id == run_id and purge.is_done:
                yield TaskSuccessEvent(xcoms={"return_value": dict(purge.counts)})
                return
            await asyncio.sleep(LOOK_SECONDS)
        yield TaskFailedEvent(
            xcoms={
                "error": f"Not done within {PATIENCE}. The DAG processor does it, in the refresh of its bundle: see "
                "whether it runs, and its log."
            }
        )
