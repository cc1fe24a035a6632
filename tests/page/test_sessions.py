"""A session is kept from look to look, and replaced when it is gone, or too old."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from message_center.instances.hooks import ExecutionInstanceHook
from message_center.page import sessions
from support.shop import known_to_airflow

ACCOUNT = "mcTest"
HOOK = ExecutionInstanceHook(account=ACCOUNT)


@pytest.fixture(autouse=True)
def account(execution: psycopg.Connection) -> Iterator[None]:
    sessions.forget()
    with known_to_airflow(None, **{ACCOUNT: execution}):
        yield


def backend(connection: psycopg.Connection) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    assert row
    return int(row[0])


def test_a_session_is_kept() -> None:
    assert sessions.ask(HOOK, backend) == sessions.ask(HOOK, backend)


def test_one_that_is_gone_is_replaced(execution: psycopg.Connection) -> None:
    first = sessions.ask(HOOK, backend)
    execution.execute("select pg_terminate_backend(%s, 5000)", [first])
    assert sessions.ask(HOOK, backend) != first


def test_an_old_one_is_kept_as_long_as_the_connection_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "TRUSTED_SECONDS", 0)
    assert sessions.ask(HOOK, backend) == sessions.ask(HOOK, backend)


def test_it_is_replaced_when_the_connection_names_another_database(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "TRUSTED_SECONDS", 0)
    sessions.ask(HOOK, backend)
    with psycopg.connect(new_database("")) as another, known_to_airflow(None, **{ACCOUNT: another}):
        row = sessions.ask(HOOK, lambda connection: connection.execute("select current_database()").fetchone())
        assert row == (another.info.dbname,)
        sessions.forget()


def test_the_server_ends_what_is_not_used() -> None:
    row = sessions.ask(HOOK, lambda connection: connection.execute("show idle_session_timeout").fetchone())
    assert row == ("30s",)


def test_one_that_failed_is_not_kept() -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        sessions.ask(HOOK, lambda connection: connection.execute("select from nothing"))
    assert sessions._kept == {}
