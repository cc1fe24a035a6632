"""Airflow signs in to either side as the database's owner, who is no superuser and makes no roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import sql

from message_center.accounts.account import Account
from message_center.archive.purge import PURGES, purge_archive, purge_execution
from message_center.archive.tasks import begin_run
from message_center.instances.hooks import WINDOW_TIMEOUTS
from message_center.sql import statement
from support.connections import as_airflow_sees
from support.events import event
from support.roles import KINDS, drop_role, is_refused, login
from support.smtp import Sink
from support.whole_path import ACCOUNT, pushed_by_a_shop, whole_path

Connection = psycopg.Connection[Any]
PARAMS = {"events_kept_days": 0, "delivery_logs_kept_days": 0, "archive_kept_days": 0}


@pytest.fixture
def servers(new_database: Callable[[str], str]) -> Iterator[tuple[Connection, Connection]]:
    """The superuser's sessions in an execution and a control database that belong to plain roles."""
    with ExitStack() as stack:
        databases = []
        for side in ("execution", "control"):
            database = stack.enter_context(psycopg.connect(new_database(""), autocommit=True))
            owner, name = sql.Identifier(f"owner_of_{side}"), sql.Identifier(database.info.dbname)
            database.execute(sql.SQL("create role {} login").format(owner))
            database.execute(sql.SQL("alter database {} owner to {}").format(name, owner))
            database.execute(sql.SQL("revoke all on database {} from public").format(name))
            databases.append(database)
        yield databases[0], databases[1]
        for database, side in zip(databases, ("execution", "control"), strict=True):
            database.execute(sql.SQL("reassign owned by {} to postgres").format(sql.Identifier(f"owner_of_{side}")))
            for role in (f"owner_of_{side}", *(f"{database.info.dbname}_{kind}" for kind in KINDS)):
                drop_role(database, role)


@pytest.fixture
def airflow(servers: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    execution, control = servers
    for name, database, side in (("MCTEST", execution, "execution"), ("MESSAGE_CENTER_CONTROL", control, "control")):
        conn = as_airflow_sees(database, f"message_center_{side}", login=f"owner_of_{side}")
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", conn)


async def engine_session(dsn: str, user: str) -> psycopg.AsyncConnection:
    """A session of the delivery, as the hook opens it, of another login."""
    connection = await psycopg.AsyncConnection.connect(dsn, user=user, autocommit=True)
    await connection.execute(statement("session/pin"), WINDOW_TIMEOUTS)
    return connection


@pytest.mark.usefixtures("airflow")
async def test_the_whole_path_without_roles(servers: tuple[Connection, Connection], sink: Sink) -> None:
    execution, control = servers
    pushed = event(ctx={"name": "Zoé", "total": 1})
    id_ = await whole_path(partial(pushed_by_a_shop, execution.info.dsn, pushed, user="owner_of_execution"))
    assert control.execute("select id, status from archive.event").fetchall() == [(id_, "Sent")]
    assert purge_execution(ACCOUNT, PURGES[0], PARAMS) == {"rows": 1}
    assert purge_execution(ACCOUNT, PURGES[1], PARAMS) == {"rows": 1}
    assert purge_archive(ACCOUNT, PARAMS)["events"] == 1


@pytest.mark.usefixtures("airflow")
async def test_the_whole_path_with_a_sender_and_an_engine_of_their_own(
    servers: tuple[Connection, Connection], sink: Sink
) -> None:
    execution, control = servers
    make_roles(execution)
    with ExitStack() as stack:
        begin_run(Account(ACCOUNT), {})
        shop, engine = (stack.enter_context(login(execution, kind)).info.user for kind in ("pusher", "engine"))
        pushed = event(ctx={"name": "Zoé", "total": 1})
        id_ = await whole_path(
            partial(pushed_by_a_shop, execution.info.dsn, pushed, user=shop),
            partial(engine_session, execution.info.dsn, engine),
        )
    assert control.execute("select id, status from archive.event").fetchall() == [(id_, "Sent")]


def make_roles(database: Connection) -> None:
    """What the log of the first run says."""
    for kind in KINDS:
        name = sql.Identifier(f"{database.info.dbname}_{kind}")
        database.execute(sql.SQL("create role {}").format(name))


@pytest.mark.usefixtures("airflow")
def test_the_statement_for_the_roles_is_told_once_and_works(
    servers: tuple[Connection, Connection], caplog: pytest.LogCaptureFixture
) -> None:
    execution, _ = servers
    begin_run(Account(ACCOUNT), {})
    (warning,) = (each.message for each in caplog.records if f"create role {execution.info.dbname}" in each.message)
    caplog.clear()
    begin_run(Account(ACCOUNT), {})
    assert not [each for each in caplog.records if "create role" in each.message]

    execution.execute(warning[warning.index("create role") : warning.rindex(";") + 1].encode())
    begin_run(Account(ACCOUNT), {})
    with login(execution, "pusher") as shop:
        assert not is_refused(shop, "select message_center.push_events('rt', '[]')")


@pytest.mark.usefixtures("airflow")
def test_an_owner_who_may_make_roles_makes_them(servers: tuple[Connection, Connection]) -> None:
    execution, _ = servers
    execution.execute("alter role owner_of_execution createrole")
    begin_run(Account(ACCOUNT), {})
    with login(execution, "reader") as reader:
        assert not is_refused(reader, "select from message_center.event")
