"""Hooks of the two connection types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import (
    CONTROL_CONNECTION_ID,
    CONTROL_CONNECTION_TYPE,
    EXECUTION_CONNECTION_TYPE,
    AccountError,
)
from message_center.accounts.form import ACCOUNT_FIELDS
from message_center.errors import one_line
from message_center.instances.cursors import AsyncDiscreetCursor, DiscreetCursor
from message_center.sql import statement

if TYPE_CHECKING:
    from airflow.sdk import Connection

MIN_SERVER_VERSION = 160000
ENCODING_REMEDY = "Make it anew with: create database … encoding 'UTF8' template template0"
CONNECT_TIMEOUT_SECONDS = 10
# Nobody's lock holds a workflow up for good: what waits longer fails, says so, and is tried again.
WINDOW_TIMEOUTS = {"statement_timeout": "60s", "lock_timeout": "5s"}
# Of what people and machines ask for: the API server has tasks to serve, too.
ANSWER_SECONDS = 5
ANSWER_TIMEOUTS = {"statement_timeout": f"{ANSWER_SECONDS}s", "lock_timeout": "2s"}
TASK_TIMEOUTS = {"statement_timeout": "30min", "lock_timeout": "60s"}


class InstanceHook(PostgresHook):
    """A PostgreSQL database of ours, reached with psycopg in autocommit."""

    def connect(
        self, timeouts: Mapping[str, str] = TASK_TIMEOUTS, connect_seconds: int | None = None
    ) -> psycopg.Connection:
        """
        Open a connection for a task, in autocommit.

        :param connect_seconds: how long it waits for the server, whatever the connection says; 2 at least.
        :raises psycopg.OperationalError: if the database cannot be reached; the message names the host, no password.
        """
        arguments = self.arguments()
        if connect_seconds:
            arguments["connect_timeout"] = connect_seconds
        connection = psycopg.connect(**arguments, autocommit=True, cursor_factory=DiscreetCursor)
        connection.execute(statement("session/wait"))
        connection.execute(statement("session/pin"), timeouts)
        return connection

    async def aconnect(self) -> psycopg.AsyncConnection:
        """Open a connection for a window, in autocommit, from a trigger."""
        connection = await self.aget_connection(self.get_conn_id())
        return await _connect_window(self._arguments(connection))

    def opener(self) -> Callable[[], Awaitable[psycopg.AsyncConnection]]:
        """Return what opens a window's connections without asking Airflow for the connection each time."""
        return partial(_connect_window, self.arguments())

    def arguments(self) -> dict[str, Any]:
        """Return what libpq is told, by the connection that Airflow has now: a secret, as it has the password."""
        return self._arguments(self.get_connection(self.get_conn_id()))

    def _arguments(self, connection: Connection) -> dict[str, Any]:
        extra = {key: value for key, value in connection.extra_dejson.items() if key not in self.ignored_extra_options}
        given = {
            "host": connection.host,
            "port": connection.port,
            "user": connection.login,
            "password": connection.password,
            "dbname": connection.schema,
        }
        defaults = {
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "application_name": "message_center",
            "client_encoding": "UTF8",
        }
        return {key: value for key, value in (defaults | given | extra).items() if value not in (None, "")}


class ExecutionInstanceHook(InstanceHook):
    """
    Hook of an account.

    :param account: the connection id.
    """

    conn_name_attr = "account"
    default_conn_name = "message_center_execution_default"
    conn_type = EXECUTION_CONNECTION_TYPE
    hook_name = "Message Center execution instance"
    ignored_extra_options = PostgresHook.ignored_extra_options | set(ACCOUNT_FIELDS)


async def _connect_window(arguments: dict[str, Any]) -> psycopg.AsyncConnection:
    connection = await psycopg.AsyncConnection.connect(**arguments, autocommit=True, cursor_factory=AsyncDiscreetCursor)
    await connection.execute(statement("session/wait"))
    await connection.execute(statement("session/pin"), WINDOW_TIMEOUTS)
    return connection


def encoding_of(connection: psycopg.Connection[Any]) -> str:
    """Return the encoding of the database: what no session can pin."""
    return connection.info.parameter_status("server_encoding") or "unknown"


class ControlInstanceHook(InstanceHook):
    """Hook of the control instance."""

    conn_name_attr = "control_conn_id"
    default_conn_name = CONTROL_CONNECTION_ID
    conn_type = CONTROL_CONNECTION_TYPE
    hook_name = "Message Center control instance"


def connected(
    hook: InstanceHook,
    account: str,
    timeouts: Mapping[str, str] = TASK_TIMEOUTS,
    connect_seconds: int | None = None,
) -> psycopg.Connection:
    """
    Open a hook's connection on behalf of an account.

    :param timeouts: of its statements and locks.
    :param connect_seconds: how long it waits for the server; the connection says it, or 10.
    :raises AccountError: if there is no such connection, or its database cannot be reached; says what to do.
    """
    conn_id = hook.get_conn_id()
    try:
        connection = hook.connect(timeouts, connect_seconds)
    except AirflowNotFoundException as error:
        raise AccountError(
            account, f"there is no connection {conn_id!r}", "Create it in Admin > Connections"
        ) from error
    except psycopg.OperationalError as error:
        raise AccountError(
            account,
            f"the database of connection {conn_id!r} cannot be reached: {one_line(error)}",
            "Start the database, or correct the connection",
        ) from error
    if (encoding := encoding_of(connection)) != "UTF8":
        connection.close()
        raise AccountError(
            account, f"the database of connection {conn_id!r} has the encoding {encoding}", ENCODING_REMEDY
        )
    return connection
