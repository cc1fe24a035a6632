"""One stack for all tests that don't end it; with several workers, one for each folder of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from message_center.local.connections import SMTP
from message_center.local.paths import DEMO_ACCOUNTS
from message_center.workflows import PUBLISH
from support.accounts import WINDOW_SECONDS
from support.stack import Running, new_stack, state_folder
from support.waiting import until
from support.workflows import is_live, start_workflows, succeed


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the end-to-end tests, and give those that use the stack up the last place."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
    items.sort(key=lambda item: "stack_to_use_up" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="package")
def stack() -> Iterator[Running]:
    """The stack; its first account has short windows, the second the default."""
    with state_folder() as state:
        leave_folders_open(state)
        yield from started(state)


def leave_folders_open(state: Path) -> None:
    """Begin with the folders of an older version, which others could look into."""
    for folder in (state, *(state / name for name in ("log", "run", "smtp", "airflow"))):
        folder.mkdir()
        folder.chmod(0o755)
    record = state / "smtp" / "messages.jsonl"
    record.touch()
    record.chmod(0o644)


def started(state: Path) -> Iterator[Running]:
    with new_stack(state) as running:
        extra = json.dumps({"smtp_conn_id": SMTP, "window_seconds": WINDOW_SECONDS})
        with running.wait_until_up().airflow() as airflow:
            airflow.change_connection(DEMO_ACCOUNTS[0], extra=extra)
        yield running


@pytest.fixture(scope="package")
def working(stack: Running) -> Running:
    """The stack with all workflows started and the templates published."""
    with stack.airflow() as airflow:
        for account in DEMO_ACCOUNTS:
            start_workflows(airflow, account)
        for account in DEMO_ACCOUNTS:
            with stack.connect(account) as connection:
                until(f"{account} in its windows", lambda: is_live(connection), 60)
        succeed(airflow, PUBLISH.name, airflow.trigger(PUBLISH.name))
    return stack


@pytest.fixture(scope="package")
def stack_to_use_up(stack: Running) -> Running:
    """The stack, for those that leave it to nobody after them."""
    return stack
