"""
The catalogue of the DAGs, made from the DAGs themselves: ``python -m scripts.dag_catalogue`` writes docs/dags.md.

A test fails when the file and the DAGs differ.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, DeltaTriggerTimetable

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry

REPOSITORY = Path(__file__).resolve().parents[1]
CATALOGUE = REPOSITORY / "docs" / "dags.md"

# Airflow looks a Variable up here first: the DAG files find one account without any database.
EXAMPLE_ACCOUNT = Account("mcExec1", webhooks=("erp",), import_path="file:///srv/events")
EXAMPLE_ENVIRONMENT = {f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}": Registry([EXAMPLE_ACCOUNT]).to_json()}

INTRODUCTION = f"""\
# The DAGs

Made by `make docs` from the DAGs of one account, `{EXAMPLE_ACCOUNT.account}`; every account has the same, but for
`deliverWebhooks`, for those that have a webhook, and `importEvents`, for those that name a folder.
"""


def example_dags() -> Iterator[DAG]:
    """Yield the DAGs that the DAG files make in the example environment, in the order of the files."""
    for file in sorted((REPOSITORY / "dags").glob("*.py")):
        found = (value for value in runpy.run_path(str(file)).values() if isinstance(value, DAG))
        # A loop variable of the file names one of them a second time.
        yield from {dag.dag_id: dag for dag in found}.values()


def catalogue() -> str:
    """Return the text of docs/dags.md."""
    dags = sorted(example_dags(), key=lambda dag: dag.dag_id)
    return "\n".join([INTRODUCTION, *map(section, dags)])


def section(dag: DAG) -> str:
    """Return what the catalogue says of one DAG."""
    lines = [
        f"## `{dag.dag_id}`",
        "",
        str(dag.description),
        "",
        "| | |",
        "|---|---|",
        f"| schedule | {schedule(dag)} |",
        f"| when created | {'paused' if dag.is_paused_upon_creation else 'active'} |",
        f"| runs at once | {dag.max_active_runs} at most |",
        f"| tags | {', '.join(sorted(dag.tags))} |",
        "",
        "| task | after | operator | retries |",
        "|---|---|---|---|",
        *tasks(dag),
        *params(dag),
    ]
    return "\n".join(lines) + "\n"


def schedule(dag: DAG) -> str:
    """Say in words when a DAG runs."""
    timetable = dag.timetable
    if not timetable.can_be_scheduled:
        return "none: people trigger it"
    if isinstance(timetable, DeltaTriggerTimetable):
        return f"every {timetable.delta.total_seconds():.0f} s"
    if isinstance(timetable, CronTriggerTimetable):
        return f"`{timetable.expression}` {timetable.timezone}"
    return str(timetable)


def tasks(dag: DAG) -> Iterator[str]:
    """Yield a row for each task, in the order in which they run."""
    for task in dag.topological_sort():  # type: ignore[no-untyped-call]
        upstream = ", ".join(f"`{name}`" for name in sorted(task.upstream_task_ids)) or "–"
        operator = "@task, one per account" if task.is_mapped else task.operator_name
        yield f"| `{task.task_id}` | {upstream} | {operator} | {task.retries} |"


def params(dag: DAG) -> Iterator[str]:
    """Yield a table of the params, if there are any."""
    if dag.params:
        yield from ("", "| param | default | meaning |", "|---|---|---|")
    for name in dag.params:
        param = dag.params.get_param(name)
        meaning = ". ".join(filter(None, (param.schema.get("title"), param.description)))
        is_required = param.value is None and "null" not in param.schema["type"]
        yield f"| `{name}` | {'required' if is_required else f'`{param.value}`'} | {meaning} |"


if __name__ == "__main__":
    os.environ.update(EXAMPLE_ENVIRONMENT)
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
