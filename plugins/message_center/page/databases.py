"""The databases, as the page opens them: for seconds, since the API server has tasks to serve, too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import psycopg
from fastapi import Depends

from message_center.accounts.account import AccountError
from message_center.accounts.registry import read_registry
from message_center.instances.belonging import owned_as_far_as_known
from message_center.instances.hooks import (
    ANSWER_TIMEOUTS,
    ControlInstanceHook,
    ExecutionInstanceHook,
    InstanceHook,
    connected,
)
from message_center.moments import read_all_moments

# The least that libpq knows.
CONNECT_SECONDS = 2


class UnknownAccountError(AccountError):
    """There is no such account: not every connection that Airflow has is one."""

    def __init__(self, account: str) -> None:
        super().__init__(account, "there is no such account", "Look for its name among the instances")


def accounts() -> list[str]:
    """Return the names of all accounts, the disabled ones too."""
    return [account.account for account in read_registry().accounts]


def open_execution(account: str) -> psycopg.Connection:
    """
    Open the database of an account.

    :raises UnknownAccountError: if no account has this name.
    :raises AccountError: if it cannot be reached.
    """
    if account not in accounts():
        raise UnknownAccountError(account)
    return opened(ExecutionInstanceHook(account=account))


def open_control() -> psycopg.Connection:
    """
    Open the database of the control instance.

    :raises AccountError: if it cannot be reached.
    """
    return opened(ControlInstanceHook())


def opened(hook: InstanceHook) -> psycopg.Connection:
    """
    Open the database of what is known to be an account, or of control.

    :raises AccountError: if it cannot be reached.
    """
    connection = connected(hook, hook.get_conn_id(), ANSWER_TIMEOUTS, CONNECT_SECONDS)
    read_all_moments(connection)
    return connection


def _execution(account: str) -> Iterator[psycopg.Connection]:
    with closing(open_execution(account)) as connection:
        yield connection


def _control() -> Iterator[psycopg.Connection]:
    with closing(open_control()) as connection:
        yield connection


def _owned_execution(account: str) -> Iterator[psycopg.Connection]:
    with closing(owned_as_far_as_known(open_execution(account), account)) as connection:
        yield connection


Execution = Annotated[psycopg.Connection, Depends(_execution)]
"""The database of the route's ``account``."""

OwnedExecution = Annotated[psycopg.Connection, Depends(_owned_execution)]
"""The same for an act: not if the instance is another control's."""

Control = Annotated[psycopg.Connection, Depends(_control)]
