"""Airflow for the tests: a home of its own, and two accounts in the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support.dag_bags import ACCOUNTS, dag_bag
from support.metadata import metadata_database

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def bag() -> DagBag:
    """The DAGs of two accounts and a disabled one."""
    return dag_bag(ACCOUNTS)


@pytest.fixture(scope="session")
def dags(bag: DagBag) -> dict[str, Any]:
    """The DAGs by id."""
    return dict(bag.dags)


@pytest.fixture
def session(new_database: Callable[[str], str]) -> Iterator[Session]:
    """A metadata database with nothing in it."""
    with metadata_database(new_database("")) as session:
        yield session
