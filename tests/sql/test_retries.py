"""Tasks are tried again for what passes by itself; what waits for a person is red at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from message_center.accounts.account import Account, AccountError
from message_center.archive.errors import explained
from message_center.archive.streams import EVENTS
from message_center.archive.tasks import begin_run
from message_center.instances.hooks import ExecutionInstanceHook, connected
from message_center.instances.registration import deploy_current
from message_center.instances.retry_policy import RetryWhatPasses
from message_center.publication.versions import Request, record
from support.connections import as_airflow_sees
from support.events import MISSING_TABLE, content
from support.roles import drop_role

Connection = psycopg.Connection[Any]
pytestmark = pytest.mark.usefixtures("airflow_connections")


def is_tried_again(task: Callable[[], Any]) -> bool:
    """Run a task's body, which fails, and ask the policy."""
    with pytest.raises(Exception, match=r"\w") as raised:
        task()
    return RetryWhatPasses().evaluate(raised.value, 1, 5).action is not RetryAction.FAIL


@pytest.fixture
def guarded(execution: Connection) -> Iterator[Connection]:
    """A server that asks some roles for their passwords, as others' servers do; as its superuser sees it."""
    (hba,) = execution.execute("show hba_file").fetchone() or ("",)
    before = Path(hba).read_text(encoding="utf-8")
    Path(hba).write_text(f"local all shop,barred,nobody scram-sha-256\nlocal all stranger reject\n{before}")
    execution.execute("select pg_reload_conf()")
    execution.execute("create role shop login password 'hush'")
    execution.execute("create role barred nologin password 'hush'")
    execution.execute("create role stranger login")
    yield execution
    Path(hba).write_text(before, encoding="utf-8")
    execution.execute("select pg_reload_conf()")
    for role in ("shop", "barred", "stranger"):
        drop_role(execution, role)


def connect(database: Connection, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Callable[[], Any]:
    """Return what connects a task to an account's database."""
    fields = {"login": "shop", "password": "hush"} | changes
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", as_airflow_sees(database, "message_center_execution", **fields))
    return lambda: connected(ExecutionInstanceHook("shop"), "shop").close()


def test_a_database_that_is_down_is_tried_again(execution: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_tried_again(connect(execution, monkeypatch, host="127.0.0.1", port=1))


def test_no_connection_is_for_a_person() -> None:
    assert not is_tried_again(lambda: begin_run(Account("nobody"), {}))


def test_another_accounts_database_is_for_a_person(execution: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", as_airflow_sees(execution, "message_center_execution"))
    assert not is_tried_again(lambda: begin_run(Account("other"), {}))


def test_a_template_that_is_refused_is_for_a_person(control: Connection) -> None:
    record(control, Request("publish", "one", contents={"order": content() | {"enrichment": MISSING_TABLE}}))
    assert not is_tried_again(lambda: deploy_current("mcTest"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"password": ""}, "no password supplied"),
        ({"login": "nobody"}, "password authentication failed"),
        ({"login": "barred"}, "is not permitted to log in"),
        ({"login": "stranger"}, "pg_hba.conf rejects connection"),
        ({"schema": "nowhere"}, "database .* does not exist"),
        ({"schema": "closed"}, "permission denied for database"),
    ],
)
def test_a_login_that_is_refused_is_for_a_person(
    guarded: Connection, changes: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.execute("create database closed")
    guarded.execute("revoke connect on database closed from public")
    task = connect(guarded, monkeypatch, **changes)
    try:
        with pytest.raises(AccountError, match=problem):
            task()
        assert not is_tried_again(task)
    finally:
        guarded.execute("drop database closed")


def test_a_login_that_comes_too_often_is_tried_again(guarded: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    task = connect(guarded, monkeypatch)
    task()
    guarded.execute("alter role shop connection limit 0")
    assert is_tried_again(task)


def test_what_a_database_says_of_a_statement_is_told_by_its_class(execution: Connection) -> None:
    def fails(statement: str) -> Callable[[], Any]:
        def task() -> None:
            try:
                execution.execute(statement.encode())
            except psycopg.Error as error:
                raise explained("mcTest", EVENTS, error) from error

        return task

    def raising(sqlstate: str) -> Callable[[], Any]:
        return fails(f"do $$ begin raise 'no' using errcode = '{sqlstate}'; end $$")

    assert all(is_tried_again(raising(each)) for each in ("40P01", "53100", "55P03", "57014", "25006"))
    assert not any(is_tried_again(raising(each)) for each in ("42501", "42P01", "23505", "22003", "28P01"))


def test_what_nobody_knows_is_tried_again() -> None:
    assert is_tried_again(lambda: 1 / 0)
