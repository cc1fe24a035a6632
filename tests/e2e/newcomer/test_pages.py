"""The commands of the pages that are about the running stack run on it, and show what the pages say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from message_center.local.paths import CONTROL_DATABASE
from message_center.workflows import ARCHIVING, PUBLISH
from support.accounts import forget_account
from support.pages import STACK_PAGES, Runner, reader_environment, runnable
from support.process import REPOSITORY
from support.stack import Running, environment
from support.workflows import finished

# The account that docs/accounts.md makes and deletes.
ACCOUNT = "shop"


@pytest.fixture
def reader(working: Running, tmp_path: Path) -> Iterator[Runner]:
    """A reader beside the running stack; what the pages start has ended afterwards, and the account is gone."""
    paths, ports = working.paths, working.ports
    databases = {
        "execution": paths.uri("mcExec1", ports),
        "control": paths.uri(CONTROL_DATABASE, ports),
    }
    yield Runner(REPOSITORY, tmp_path, reader_environment(**environment(paths.state, ports)), databases)
    with working.airflow() as airflow:
        forget_account(working, airflow, ACCOUNT)
        for dag_id in (PUBLISH.name, ARCHIVING.dag_id("mcExec1")):
            for run in airflow.runs(dag_id):
                finished(airflow, dag_id, run["dag_run_id"])


@pytest.mark.parametrize("page", STACK_PAGES)
def test_the_commands_of_a_page_run(reader: Runner, page: str) -> None:
    reader.run(page)
    assert reader.ran == runnable(page)
