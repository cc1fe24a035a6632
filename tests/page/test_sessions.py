"""A session is kept from look to look, and replaced when it is gone, or too old."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from message_center.page import sessions
from support.shop import known_to_airflow

ACCOUNT = "mcTest"


@pytest.fixture(autouse=True)
def account(execution: psycopg.Connection) -> Iterator[None]:
    sessions._kept.clear()
    with known_to_airflow(None, **{ACCOUNT: execution}):
        yield


def backend(connection: psycopg.Connection) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    assert row
    return int(row[0])


def test_a_session_is_kept() -> None:
    assert sessions.ask(ACCOUNT, backend) == sessions.ask(ACCOUNT, backend)


def test_one_that_is_gone_is_replaced(execution: psycopg.Connection) -> None:
    first = sessions.ask(ACCOUNT, backend)
    execution.execute("select pg_terminate_backend(%s, 5000)", [first])
    assert sessions.ask(ACCOUNT, backend) != first


def test_one_that_is_old_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    first = sessions.ask(ACCOUNT, backend)
    monkeypatch.setattr(sessions, "KEPT_SECONDS", 0)
    assert sessions.ask(ACCOUNT, backend) != first


def test_the_server_ends_what_is_not_used() -> None:
    row = sessions.ask(ACCOUNT, lambda connection: connection.execute("show idle_session_timeout").fetchone())
    assert row == ("30s",)


def test_one_that_failed_is_not_kept() -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        sessions.ask(ACCOUNT, lambda connection: connection.execute("select from nothing"))
    assert sessions._kept == {}
