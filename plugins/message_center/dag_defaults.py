"""What all DAGs of ours have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param

from message_center.accounts.account import Account
from message_center.accounts.registry import accounts_to_parse
from message_center.errors import one_line
from message_center.instances.retry_policy import RetryWhatPasses
from message_center.workflows import ARCHIVING, Workflow

PRODUCT_TAG = "Message Center"
CONTROL_TAG = "Control instance"
EXECUTION_TAG = "Execution instance"
OWNER = "message-center"

# However large what a task has to do: something that takes longer hangs. Windows have timeouts of their own.
TASK_TIMEOUT = timedelta(hours=6)
SHORT_TASK_TIMEOUT = timedelta(minutes=30)

RETRIES = {
    "execution_timeout": TASK_TIMEOUT,
    "retries": 5,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=5),
}

# What a run does follows from what there is to do, and not from its date: there is nothing to fill.
ALL_BUT_BACKFILL = ("scheduled", "manual", "operator_triggered", "asset_triggered", "asset_materialization")

DRY_RUN = Param(False, type=["null", "boolean"], title="Dry run", description="Only say what would be done.")

log = logging.getLogger(__name__)

_DOCS = Path(__file__).parent / "docs"


def dag_settings(workflow: Workflow, account: Account, side_tag: str) -> dict[str, Any]:
    """Return the arguments of a workflow's DAG for an account: names, tags, documentation, owner."""
    settings = common_settings(workflow, side_tag)
    return settings | {
        "dag_id": workflow.dag_id(account.account),
        "dag_display_name": workflow.display_name(account.account),
        "doc_md": settings["doc_md"].replace("{account}", account.account),
        "tags": [*settings["tags"], account.account],
    }


def dags_of_each(*builders: Callable[[Account], DAG | None]) -> dict[str, DAG]:
    """
    Return the DAGs of all accounts that are wanted, by id.

    An account whose DAG cannot be built takes no other's away: see :func:`building_errors`, which shows the error.
    """
    dags = {}
    for account in accounts_to_parse():
        for builder in builders:
            try:
                dag = builder(account)
            except Exception:
                log.exception("The DAG of account %s cannot be built", account.account)
            else:
                if dag is not None:
                    dags[dag.dag_id] = dag
    return dags


def building_errors(accounts: Iterable[Account]) -> Iterator[str]:
    """Yield why the DAGs of accounts cannot be built."""
    for account in accounts:
        try:
            DAG(schedule=None, **dag_settings(ARCHIVING, account, CONTROL_TAG))
        except Exception as error:  # noqa: BLE001 - Airflow says in many ways what it does not take
            yield f"Account {account.account!r}: its DAGs cannot be built: {one_line(error)}. Correct its connection."


def common_settings(workflow: Workflow, side_tag: str) -> dict[str, Any]:
    """Return the arguments of the DAG of a workflow that there is once, for all accounts."""
    doc = (_DOCS / f"{workflow.name}.md").read_text(encoding="utf-8")
    return {
        "dag_id": workflow.name,
        "description": doc.splitlines()[0],
        "doc_md": doc,
        "tags": [PRODUCT_TAG, side_tag],
        "catchup": False,
        "allowed_run_types": ALL_BUT_BACKFILL,
        "default_args": {
            "owner": OWNER,
            "execution_timeout": SHORT_TASK_TIMEOUT,
            "retry_policy": RetryWhatPasses(),
        },
    }
