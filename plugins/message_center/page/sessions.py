"""
Sessions that are kept from one look at an instance to the next.

A new session has to be forked, signed in and taught all functions anew, which is most of what a look costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeVar

import psycopg

from message_center.instances.hooks import InstanceHook
from message_center.page.databases import opened

Answer = TypeVar("Answer")

TRUSTED_SECONDS = 60
"""For so long nobody looks whether the account's connection names the same database still."""

# The server ends what nobody looks with any more.
UNUSED = "set idle_session_timeout = '30s'"


@dataclass(frozen=True)
class Session:
    """
    A session that is kept.

    :param arguments: those of the connection.
    :param looked_at: when they were still the same.
    """

    connection: psycopg.Connection
    arguments: dict[str, Any] = field(repr=False)
    looked_at: float = field(default_factory=monotonic)


_kept: dict[str, Session] = {}


def ask(hook: InstanceHook, question: Callable[[psycopg.Connection], Answer]) -> Answer:
    """
    Ask the database of a hook in a session that is kept; each by one thread at a time.

    :raises AccountError: if it cannot be reached.
    :raises psycopg.Error: if the database refuses.
    """
    session = _kept.pop(hook.get_conn_id(), None)
    if session is not None:
        try:
            if session := _still(hook, session):
                return _asked(hook, session, question)
        except psycopg.OperationalError:
            # Ended by the server, or by what is between; what is wrong with the database itself is told below.
            pass
    connection = opened(hook)
    connection.execute(UNUSED)
    return _asked(hook, Session(connection, hook.arguments()), question)


def _still(hook: InstanceHook, session: Session) -> Session | None:
    if monotonic() - session.looked_at < TRUSTED_SECONDS:
        return session
    if session.arguments == hook.arguments():
        return replace(session, looked_at=monotonic())
    session.connection.close()
    return None


def _asked(hook: InstanceHook, session: Session, question: Callable[[psycopg.Connection], Answer]) -> Answer:
    try:
        answer = question(session.connection)
    except psycopg.Error:
        session.connection.close()
        raise
    _kept[hook.get_conn_id()] = session
    return answer


def forget() -> None:
    """Close what is kept."""
    while _kept:
        _kept.popitem()[1].connection.close()
