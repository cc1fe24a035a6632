"""An execution instance is one control instance's: another one is told so, until it is handed over on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.accounts.account import Account, AccountError
from message_center.archive.purge import PURGES, purge_execution
from message_center.archive.streams import EVENTS
from message_center.archive.tasks import begin_run, idle_tasks, run_stream
from message_center.callers import manage
from message_center.instances.belonging import OtherControlError, identity_of, read_instance
from message_center.instances.deployment import live_versions
from message_center.instances.registration import deploy_current, register
from message_center.migrations import migrate
from message_center.page.databases import _owned_execution
from message_center.publication.stopping import stop_or_resume
from message_center.publication.tasks import Run, deploy
from message_center.publication.versions import Request, record
from support.archive import archive_all
from support.connections import as_airflow_sees
from support.events import content, event, push, route, status
from support.schemas import restore

Connection = psycopg.Connection[Any]
NewDatabase = Callable[[str], str]
ACCOUNT = "mcTest"
SHOP = Account(ACCOUNT)
THEIRS = r"'mcTest': its database '\w+' belongs to another control instance, .*trigger mcSynch_mcTest with take_over"
DAYS = {"events_kept_days": 30, "delivery_logs_kept_days": 180, "archive_kept_days": 360}
STOP = {"event_type": "order_confirmation", "reason": "wrong", "action": "stop"}
CALLER = {"account": ACCOUNT, "caller": "shop", "action": "remove", "secret_conn_id": None}
IN_CONTROLS_NAME: dict[str, Callable[[], Any]] = {
    "registration": lambda: begin_run(SHOP, {}),
    "a dry run": lambda: begin_run(SHOP, {"take_over": True, "dry_run": True}),
    "archive": lambda: run_stream(ACCOUNT, EVENTS, {}),
    "idle streams": lambda: idle_tasks(ACCOUNT, {}),
    "purge": lambda: purge_execution(ACCOUNT, PURGES[0], DAYS),
    "deployment": lambda: deploy_current(ACCOUNT),
    "publication": lambda: deploy(ACCOUNT, "publish", Run("x", "ann"), {}, {"templates": {"order": 1}}),
    "stop": lambda: stop_or_resume(ACCOUNT, STOP),
    "acts of people": lambda: next(_owned_execution(ACCOUNT)),
    "callers": lambda: manage(CALLER),
}


@pytest.fixture
def other(new_database: NewDatabase) -> Iterator[Connection]:
    """A second control instance."""
    with psycopg.connect(new_database("control"), autocommit=True) as connection:
        # Its database is a copy of the same template as the first one's.
        connection.execute("update message_center.control_instance set identity = gen_random_uuid()")
        yield connection


@pytest.fixture
def signed_in(
    execution: Connection, control: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> Connection:
    """The second control instance's Airflow, which has the first one's account under the same name."""
    register(SHOP, control, execution)
    # As it went on before: the second one has registered it, too, and archived of it.
    execution.execute("update message_center.instance set control = null")
    register(SHOP, other, execution)
    archive_all(execution, other, ACCOUNT)
    execution.execute("update message_center.instance set control = %s", [identity_of(control)])
    monkeypatch.setenv("AIRFLOW_CONN_MCTEST", as_airflow_sees(execution, "message_center_execution"))
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(other, "message_center_control"))
    monkeypatch.setattr("message_center.callers.read_registry", lambda: Accounts())
    monkeypatch.setattr("message_center.page.databases.accounts", lambda: [ACCOUNT])
    return other


class Accounts:
    accounts = (SHOP,)


def publish(control: Connection, run_id: str, **contents: dict[str, Any]) -> None:
    record(control, Request("publish", run_id, contents=contents, event_types={"order_confirmation": "Order"}))


def subjects(execution: Connection) -> set[str]:
    query = "select subject from message_center.message_template where unpublished_at is null"
    return {subject for (subject,) in execution.execute(query)}


def everything(execution: Connection) -> list[Any]:
    """What another control instance could have changed."""
    tables = ("instance", "message_template", "event_type", "archive_checkpoint", "event", "caller")
    return [execution.execute(f"select * from message_center.{table} order by 1").fetchall() for table in tables]


@pytest.mark.parametrize("work", IN_CONTROLS_NAME)
def test_another_control_writes_nothing_to_an_instance(work: str, execution: Connection, signed_in: Connection) -> None:
    publish(signed_in, "theirs", order=content(subject="Theirs"))
    execution.execute("insert into message_center.caller (name, may) values ('shop', '{push}')")
    push(execution, event())
    before = everything(execution)
    with pytest.raises(OtherControlError, match=THEIRS):
        IN_CONTROLS_NAME[work]()
    assert everything(execution) == before


def test_the_param_of_the_workflow_hands_it_over(
    execution: Connection, signed_in: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    before = read_instance(execution).control
    begin_run(SHOP, {"take_over": True})
    assert read_instance(execution).control == identity_of(signed_in)
    assert f"Account mcTest: taken over from control instance {before}" in caplog.text
    begin_run(SHOP, {})


@pytest.mark.parametrize("work", ["stop", "acts of people", "callers"])
def test_what_people_must_do_goes_on_while_control_is_away(
    work: str, execution: Connection, signed_in: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = '{"conn_type": "message_center_control", "host": "127.0.0.1", "port": 1, "login": "x", "schema": "x"}'
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", away)
    IN_CONTROLS_NAME[work]()


def test_an_instance_is_handed_over_on_purpose(control: Connection, other: Connection, execution: Connection) -> None:
    """The first one is told; its templates stay live until the second one publishes others of their names."""
    publish(control, "first", order=content(subject="First"), reset=content("password_reset", subject="Reset"))
    register(SHOP, control, execution)
    publish(other, "second", order=content(subject="Second"))
    with pytest.raises(OtherControlError, match=THEIRS):
        register(SHOP, other, execution)
    assert subjects(execution) == {"First", "Reset"}

    register(SHOP, other, execution, take_over=True)
    assert subjects(execution) == {"Second", "Reset"}, "though both call it version 1"
    assert read_instance(execution).control == identity_of(other)
    with pytest.raises(OtherControlError):
        register(SHOP, control, execution)

    register(SHOP, control, execution, take_over=True)
    assert subjects(execution) == {"First", "Reset"}, "and back"
    assert live_versions(execution) == {"order": 1, "reset": 1}


def test_events_go_on_when_control_is_lost_for_good(
    control: Connection, other: Connection, execution: Connection
) -> None:
    publish(control, "first", order=content(subject="First"))
    register(SHOP, control, execution)
    before = push(execution, event())
    archive_all(execution, control, ACCOUNT)
    register(SHOP, other, execution, take_over=True)
    (after,) = push(execution, event())
    route(execution)
    assert status(execution, after) == ("Pending delivery", None)
    archive_all(execution, other, ACCOUNT)
    archived = {id_ for (id_,) in other.execute("select id from archive.event")}
    assert archived == {*before, after}, "the new archive has what the instance has, from its beginning on"


def test_of_two_that_register_it_at_once_one_has_it(
    control: Connection, other: Connection, new_database: NewDatabase
) -> None:
    for control_ in (control, other):
        publish(control_, "one", order=content(subject=str(identity_of(control_))))
    uri = new_database("execution")

    def registered(side: Connection) -> bool:
        with psycopg.connect(uri, autocommit=True) as execution:
            try:
                register(SHOP, side, execution)
            except AccountError:
                return False
            return True

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(registered, [control, other])
    assert {first, second} == {True, False}
    with psycopg.connect(uri, autocommit=True) as execution:
        winner = identity_of(control if first else other)
        assert read_instance(execution).control == winner
        assert subjects(execution) == {str(winner)}


def test_a_control_that_was_restored_from_its_dump_is_the_same(
    control_uri: str, execution: Connection, new_database: NewDatabase
) -> None:
    with ExitStack() as stack:
        control = stack.enter_context(psycopg.connect(control_uri, autocommit=True))
        register(SHOP, control, execution)
        name = control.info.dbname
        control.close()
        server = stack.enter_context(psycopg.connect(new_database(""), autocommit=True))
        copy = sql.Identifier("test_control_restored")
        server.execute(sql.SQL("create database {} template {}").format(copy, sql.Identifier(name)))
        stack.callback(server.execute, sql.SQL("drop database {} with (force)").format(copy))
        restored = stack.enter_context(psycopg.connect(control_uri, dbname="test_control_restored", autocommit=True))
        assert register(SHOP, restored, execution)["resynchronised"] is None


def test_an_instance_of_the_last_release_is_the_first_ones_that_asks(
    control: Connection, other: Connection, new_database: NewDatabase
) -> None:
    uri = new_database("")
    restore(uri, "0.1.0", "execution")
    with psycopg.connect(uri, autocommit=True) as execution:
        execution.execute("select message_center.register_instance('mcTest', 1::smallint)")
        migrate(execution, "execution")
        register(SHOP, control, execution)
        with pytest.raises(OtherControlError):
            register(SHOP, other, execution)
