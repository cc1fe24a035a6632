"""Hooks of the two connection types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import psycopg
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import (
    CONTROL_CONNECTION_ID,
    CONTROL_CONNECTION_TYPE,
    EXECUTION_CONNECTION_TYPE,
    Account,
    AccountError,
)
from message_center.accounts.form import ACCOUNT_FIELDS
from message_center.errors import one_line
from message_center.sql import statement
from message_center.workflows import ARCHIVING

if TYPE_CHECKING:
    from airflow.sdk import Connection

MIN_SERVER_VERSION = 160000
CONNECT_TIMEOUT_SECONDS = 10


class InstanceHook(PostgresHook):
    """A PostgreSQL database of ours, reached with psycopg in autocommit."""

    def connect(self) -> psycopg.Connection:
        """
        Open a connection, in autocommit.

        :raises psycopg.OperationalError: if the database cannot be reached; the message names the host, no password.
        """
        return psycopg.connect(**self._arguments(self.get_connection(self.get_conn_id())), autocommit=True)

    async def aconnect(self) -> psycopg.AsyncConnection:
        """Open a connection, in autocommit, from a trigger."""
        connection = await self.aget_connection(self.get_conn_id())
        return await psycopg.AsyncConnection.connect(**self._arguments(connection), autocommit=True)

    def opener(self) -> Callable[[], Awaitable[psycopg.AsyncConnection]]:
        """Return what opens connections in an event loop without asking Airflow for the connection each time."""
        arguments = self._arguments(self.get_connection(self.get_conn_id()))

        async def connect() -> psycopg.AsyncConnection:
            return await psycopg.AsyncConnection.connect(**arguments, autocommit=True)

        return connect

    def _arguments(self, connection: Connection) -> dict[str, Any]:
        extra = {key: value for key, value in connection.extra_dejson.items() if key not in self.ignored_extra_options}
        given = {
            "host": connection.host,
            "port": connection.port,
            "user": connection.login,
            "password": connection.password,
            "dbname": connection.schema,
        }
        defaults = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": "message_center"}
        return {key: value for key, value in (defaults | given | extra).items() if value not in (None, "")}

    def test_connection(self) -> tuple[bool, str]:  # type: ignore[override]
        """Tell in the connection form whether the database can be used, and what it is."""
        try:
            with self.connect() as connection:
                return self.check(connection)
        except (psycopg.Error, ValueError) as error:
            return False, str(error)

    def check(self, connection: psycopg.Connection) -> tuple[bool, str]:
        """Return whether the database behind an open connection suits, and a sentence about it."""
        version = connection.info.server_version
        if version < MIN_SERVER_VERSION:
            return False, f"PostgreSQL 16 or newer is needed; this server has {version // 10000}."
        return True, f"PostgreSQL {version // 10000}, reachable."


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

    def check(self, connection: psycopg.Connection) -> tuple[bool, str]:
        """Say besides by which account the database is registered."""
        reachable, sentence = super().check(connection)
        if not reachable:
            return reachable, sentence
        # Airflow tests a form's connection under an id of its own making, so the account's is not known here.
        extra = self.get_connection(self.get_conn_id()).extra_dejson
        Account.from_connection("this_connection", extra)
        registered = _registered_by(connection)
        if registered is None:
            return True, f"{sentence} Not registered yet: the archiving workflow, {ARCHIVING.name}, does that."
        return True, f"{sentence} Registered by account {registered!r}."


def _registered_by(connection: psycopg.Connection) -> str | None:
    schema = connection.execute(statement("execution/schema_exists")).fetchone()
    if not (schema and schema[0]):
        return None
    row = connection.execute(statement("execution/registered_account")).fetchone()
    return row[0] if row else None


class ControlInstanceHook(InstanceHook):
    """Hook of the control instance."""

    conn_name_attr = "control_conn_id"
    default_conn_name = CONTROL_CONNECTION_ID
    conn_type = CONTROL_CONNECTION_TYPE
    hook_name = "Message Center control instance"


def connected(hook: InstanceHook, account: str) -> psycopg.Connection:
    """
    Open a hook's connection on behalf of an account.

    :raises AccountError: if there is no such connection, or its database cannot be reached; says what to do.
    """
    conn_id = hook.get_conn_id()
    try:
        return hook.connect()
    except AirflowNotFoundException as error:
        raise AccountError(
            account, f"there is no connection {conn_id!r}", "Create it in Admin > Connections"
        ) from error
    except psycopg.OperationalError as error:
        raise AccountError(
            account,
            f"the database of connection {conn_id!r} cannot be reached: {one_line(error)}",
            "Start the database or correct the connection; this task tries again by itself",
        ) from error
