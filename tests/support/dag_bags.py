"""The DAG files, parsed as the DAG processor does, with accounts in the registry."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest

from support.process import REPOSITORY

# Before anything imports Airflow, which reads them once.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="message-center-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(REPOSITORY / "dags")
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)

ACCOUNTS = [
    Account("mcExec1", webhooks=("erp",)),
    Account("mcExec2", deliver=False, import_path="file:///srv/events"),
    Account("mcOff", enabled=False, import_path="file:///srv/events"),
]


def dag_bag(accounts: list[Account], errors: list[str] | None = None) -> DagBag:
    """Parse the DAG files as the DAG processor does, with these accounts in the registry."""
    from airflow.dag_processing.dagbag import DagBag

    # Only for the parsing: a stack that is started later in the same process would take it for its own.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", Registry(accounts, errors or []).to_json())
        return DagBag(str(REPOSITORY / "dags"))
