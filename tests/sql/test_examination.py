"""*Test* tells what the first run would find: all of it, at once, and in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.accounts.account import Account, AccountError
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.instances.connection_hooks import ControlConnectionHook, ExecutionConnectionHook
from message_center.instances.registration import initialize_connection, register
from support.connections import as_airflow_sees

Connection = psycopg.Connection[Any]
Open = Callable[[str], Connection]
EXECUTION, CONTROL = "message_center_execution", "message_center_control"
ROLE = "test_limited"
SMTP = json.dumps({"conn_type": "smtp", "host": "127.0.0.1"})


@pytest.fixture
def open_database(new_database: Callable[[str], str]) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda side: stack.enter_context(psycopg.connect(new_database(side), autocommit=True))


@pytest.fixture
def save(monkeypatch: pytest.MonkeyPatch, control: Connection) -> Callable[..., None]:
    """Save the connection of an account, as its form would; those of control and of the SMTP server are there."""
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, CONTROL))
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", SMTP)
    accounts: list[Account] = []

    def save(account: str, database: Connection, extra: dict[str, Any] | None = None, **changes: Any) -> None:
        accounts.append(Account(account))
        monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", Registry(accounts).to_json())
        connection = as_airflow_sees(database, EXECUTION, extra=extra or {}, **changes)
        monkeypatch.setenv(f"AIRFLOW_CONN_{account.upper()}", connection)

    return save


@pytest.fixture
def limited(control: Connection) -> Iterator[str]:
    """A role that may do nothing but sign in."""
    control.execute(sql.SQL("create role {} login password 'hush-hush'").format(sql.Identifier(ROLE)))
    yield ROLE
    control.execute(sql.SQL("drop role {}").format(sql.Identifier(ROLE)))


def what_test_says(account: str) -> tuple[bool, str]:
    return ExecutionConnectionHook(account).test_connection()


def test_an_account_as_its_form_is_will_do(save: Callable[..., None], open_database: Open) -> None:
    save("shop", open_database(""), Account("shop").to_extra())
    assert what_test_says("shop") == (
        True,
        "PostgreSQL 18, reachable. Not registered yet: the archiving workflow, mcSynch, does that.",
    )
    initialize_connection(Account("shop"))
    assert what_test_says("shop") == (True, "PostgreSQL 18, reachable. Registered by account 'shop'.")


def test_the_name_is_found_behind_the_id_that_airflow_tests_under(
    save: Callable[..., None], open_database: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database("")
    save("shop", database)
    initialize_connection(Account("shop"))
    monkeypatch.setenv("AIRFLOW_CONN_XHQZ", as_airflow_sees(database, EXECUTION))
    assert what_test_says("xhqz") == (True, "PostgreSQL 18, reachable. Registered by account 'shop'.")
    monkeypatch.setenv("AIRFLOW_CONN_XHQZ", as_airflow_sees(database, EXECUTION, extra={"instance_identifier": 9}))
    suits, told = what_test_says("xhqz")
    assert not suits
    assert told.startswith("It is registered with instance identifier 1, not 9")


def test_another_accounts_database(save: Callable[..., None], open_database: Open, control: Connection) -> None:
    database = open_database("execution")
    register(Account("bank"), control, database)
    save("shop", database)
    suits, told = what_test_says("shop")
    assert not suits
    assert told.startswith("Its database is registered by account 'bank' already. Give this connection a database")


def test_another_controls_database(save: Callable[..., None], open_database: Open, control: Connection) -> None:
    database = open_database("execution")
    register(Account("shop"), control, database)
    control.execute("update message_center.control_instance set identity = gen_random_uuid()")
    save("shop", database)
    suits, told = what_test_says("shop")
    assert not suits
    assert "belongs to another control instance" in told
    control.execute("drop table message_center.control_instance")
    assert what_test_says("shop")[0], "one of an older version, which has none yet"


def test_two_connections_to_one_database(save: Callable[..., None], open_database: Open) -> None:
    database = open_database("execution")
    for account in ("shop", "bank"):
        save(account, database)
    assert what_test_says("shop") == (
        False,
        "'bank' and 'shop' have the same database. Give each account a database of its own.",
    )


def test_a_taken_identifier(save: Callable[..., None], open_database: Open, control: Connection) -> None:
    register(Account("bank", instance_identifier=5), control, open_database("execution"))
    save("shop", open_database(""), {"instance_identifier": 5})
    suits, told = what_test_says("shop")
    assert not suits
    assert told.startswith("Instance identifier 5 is taken by account 'bank'. Choose another")


def test_a_role_that_may_make_no_schema(save: Callable[..., None], open_database: Open, limited: str) -> None:
    """*Test* says it, and the first run says the same, with the account and what to do."""
    database = open_database("")
    save("shop", database, login=limited)
    suits, told = what_test_says("shop")
    remedy = f'Have a superuser run: alter database "{database.info.dbname}" owner to "{limited}".'
    assert not suits
    assert told == (
        f"Execution instance: role '{limited}' may not make schemas in database '{database.info.dbname}'. {remedy}"
    )
    with pytest.raises(AccountError) as refused:
        initialize_connection(Account("shop"))
    assert str(refused.value) == (
        f"Account 'shop': its execution database does not suit: role '{limited}' may not make schemas in database "
        f"'{database.info.dbname}'. {remedy}"
    )


def test_a_schema_of_somebody_else(save: Callable[..., None], open_database: Open, limited: str) -> None:
    save("shop", open_database("execution"), login=limited)
    suits, told = what_test_says("shop")
    assert not suits
    assert f"its schemas belong to role 'postgres', not '{limited}'. Sign in as 'postgres'." in told


def test_control_and_execution_never_share_a_database(save: Callable[..., None], control: Connection) -> None:
    save("shop", control)
    suits, told = what_test_says("shop")
    assert not suits
    assert "is that of the control instance. Give this connection a database of its own." in told


def test_a_database_of_another_version(save: Callable[..., None], open_database: Open) -> None:
    database = open_database("execution")
    database.execute("update message_center.alembic_version set version_num = '9999'")
    save("shop", database)
    suits, told = what_test_says("shop")
    assert not suits
    assert "was made by another version of Message Center on Airflow. If that is a newer one, install it" in told


@pytest.mark.parametrize("smtp", [None, json.dumps({"conn_type": "http", "host": "127.0.0.1"})])
def test_an_smtp_connection_that_is_none(
    save: Callable[..., None], open_database: Open, monkeypatch: pytest.MonkeyPatch, smtp: str | None
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT") if smtp is None else monkeypatch.setenv("AIRFLOW_CONN_X", smtp)
    wanted = "smtp_default" if smtp is None else "x"
    save("shop", open_database(""), {"smtp_conn_id": wanted})
    suits, told = what_test_says("shop")
    assert not suits
    assert f"onnection '{wanted}'" in told
    assert told.endswith(f"Create '{wanted}' in Admin > Connections, or correct the field SMTP connection.")
    save("shop", open_database(""), {"smtp_conn_id": wanted, "deliver": False})
    assert what_test_says("shop")[0], "another engine sends"


def test_everything_at_once(
    save: Callable[..., None], open_database: Open, limited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL")
    extra = {"smtp_conn_id": "nowhere", "window_seconds": 1, "instance_identifier": 128}
    save("shop", open_database(""), extra, login=limited)
    suits, told = what_test_says("shop")
    assert not suits
    assert [part[:40] for part in told.split(" (")] == [
        "(1) Its instance identifier is 128, not ",
        "2) Its window length in seconds is 1, no",
        "3) There is no connection 'nowhere' to s",
        f"4) Execution instance: role '{limited}' may not make"[:40],
        "5) There is no connection 'message_cente",
    ]


def test_a_database_that_cannot_be_reached_tells_no_password(save: Callable[..., None], open_database: Open) -> None:
    save("shop", open_database(""), host="127.0.0.1", port=1, password="never-to-be-seen")
    suits, told = what_test_says("shop")
    assert not suits
    assert "Connection refused" in told
    assert "never-to-be-seen" not in told


def test_the_control_instance(open_database: Open, control: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, CONTROL))
    hook = ControlConnectionHook()
    assert hook.test_connection() == (True, "PostgreSQL 18, reachable.")
    execution = open_database("execution")
    register(Account("bank"), control, execution)
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(execution, CONTROL))
    suits, told = hook.test_connection()
    assert not suits
    assert "is that of the execution instance 'bank'. Give this connection a database of its own." in told
