"""An SMTP server, and a template, for the tests of deliveries."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from support.delivery import new_template
from support.smtp import Sink, smtp_server


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A server behind the Airflow connection ``test_smtp``."""
    with smtp_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", server.connection)
        yield server


@pytest.fixture
def template(execution: psycopg.Connection) -> int:
    """The id of a template that greets by ``ctx.name``."""
    return new_template(execution)
