"""One stack for all tests that don't end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from message_center.local.places import DEMO_ACCOUNTS
from message_center.workflows import PUBLISH
from support.stack import Running, finished, is_live, running_stack, start_workflows, state_folder, until


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def stack() -> Iterator[Running]:
    with state_folder() as state:
        yield from running_stack(state)


@pytest.fixture(scope="session")
def working(stack: Running) -> Running:
    """The stack with all workflows started and the templates published."""
    with stack.airflow() as airflow:
        for account in DEMO_ACCOUNTS:
            start_workflows(airflow, account)
        for account in DEMO_ACCOUNTS:
            with stack.connect(account) as connection:
                until(f"{account} in its windows", lambda: is_live(connection), 60)
        assert finished(airflow, PUBLISH.name, airflow.trigger(PUBLISH.name)) == "success"
    return stack
