"""
Sessions that are kept from one look at an instance to the next.

A new session has to be forked, signed in and taught all functions anew, which is most of what a look costs.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

import psycopg

from message_center.page.databases import open_account

Answer = TypeVar("Answer")

KEPT_SECONDS = 60
"""A session is not older: by then the account's connection may name another database."""

# The server ends what nobody looks with any more.
UNUSED = "set idle_session_timeout = '30s'"

_kept: dict[str, tuple[psycopg.Connection, float]] = {}


def ask(account: str, question: Callable[[psycopg.Connection], Answer]) -> Answer:
    """
    Ask the database of an account in a session that is kept; each account by one thread at a time.

    :raises AccountError: if it cannot be reached.
    :raises psycopg.Error: if the database refuses.
    """
    connection, opened = _kept.pop(account, (None, 0.0))
    if connection is not None:
        try:
            if monotonic() - opened < KEPT_SECONDS:
                return _asked(account, connection, opened, question)
        except psycopg.OperationalError:
            # Ended by the server, or by what is between; what is wrong with the database itself is told below.
            pass
        connection.close()
    connection = open_account(account)
    connection.execute(UNUSED)
    return _asked(account, connection, monotonic(), question)


def _asked(
    account: str, connection: psycopg.Connection, opened: float, question: Callable[[psycopg.Connection], Answer]
) -> Answer:
    try:
        answer = question(connection)
    except psycopg.Error:
        connection.close()
        raise
    _kept[account] = connection, opened
    return answer
