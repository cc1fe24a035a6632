"""The connections of some types, wherever Airflow keeps them; one that cannot be read hides no other."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from airflow.configuration import conf
from airflow.models import Connection
from sqlalchemy import select

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)

CONNECTION_ENVIRONMENT_PREFIX = "AIRFLOW_CONN_"
IDS_OPTION = ("message_center", "account_ids")


@dataclass(frozen=True)
class Connections:
    """
    The connections of some types.

    :param unreadable: by the ids of others, what to do: their extra cannot be parsed, or not be decrypted, or a secrets
        backend says nothing of them.
    """

    of_type: dict[str, list[Connection]]
    unreadable: dict[str, str] = field(default_factory=dict)

    def has(self, conn_id: str) -> bool:
        """Tell whether this one was found: the first place that has it hides the others."""
        return conn_id in self.unreadable or any(
            each.conn_id == conn_id for connections in self.of_type.values() for each in connections
        )


def find_connections(session: Session, types: Iterable[str], known: Collection[str]) -> Connections:
    """
    Return the connections of some types, by type; a secrets backend is asked for each once.

    :param known: the accounts so far: of other people's connections in the environment, those alone are missed.
    """
    found = Connections({conn_type: [] for conn_type in types})
    named = conf.get(*IDS_OPTION, fallback="").replace(",", " ").split()
    for conn_id in [*named, *_environment_ids(named)]:
        try:
            connection = Connection.get_connection_from_secrets(conn_id)
            _read(connection)
        except Exception as error:  # noqa: BLE001 - whatever a secrets backend says, the others are found
            kind = type(error).__name__
            log.warning("A connection cannot be read", conn_id=conn_id, error=kind)
            if conn_id in named or conn_id in known:
                remedy = f"Correct it, or take its id out of [{IDS_OPTION[0]}] {IDS_OPTION[1]}"
                found.unreadable[conn_id] = f"Connection {conn_id!r} cannot be read: {kind}. {remedy}."
        else:
            if connection.conn_type in found.of_type:
                found.of_type[connection.conn_type].append(connection)
    _find_in_database(session, found)
    return found


def _find_in_database(session: Session, found: Connections) -> None:
    are_ours = Connection.conn_type.in_(found.of_type)
    readable = _all_at_once(session, select(Connection).where(are_ours))
    ids = select(Connection.conn_id, Connection.conn_type).where(are_ours).order_by(Connection.id)
    for conn_id, conn_type in session.execute(ids).all():
        if found.has(conn_id):
            continue
        try:
            one = select(Connection).where(Connection.conn_id == conn_id)
            connection = readable.get(conn_id) or session.scalars(one).one()
            _read(connection)
        except Exception as error:  # noqa: BLE001 - Airflow says in many ways that it cannot
            found.unreadable[conn_id] = (
                f"Connection {conn_id!r} cannot be read: {type(error).__name__}. Its password or extra was encrypted "
                "with another key, or its extra is no JSON object: write them anew in Admin > Connections."
            )
        else:
            found.of_type[conn_type].append(connection)


def _all_at_once(session: Session, query: Select[Any]) -> dict[str, Connection]:
    """Return connections by id; nothing, if there is one that cannot be decrypted, which ends the reading of all."""
    try:
        return {connection.conn_id: connection for connection in session.scalars(query)}
    except Exception:  # noqa: BLE001 - which one it is shows when each is read alone
        return {}


def _read(connection: Connection) -> None:
    """Parse and decrypt what is looked at later."""
    _ = connection.extra_dejson, connection.password


def _environment_ids(named: list[str]) -> Iterator[str]:
    """Airflow looks environment connections up in upper case; one that isn't named gets an id in lower case."""
    upper = {conn_id.upper() for conn_id in named}
    for variable in sorted(os.environ):
        conn_id = variable.removeprefix(CONNECTION_ENVIRONMENT_PREFIX)
        if conn_id != variable and conn_id not in upper:
            yield conn_id.lower()
