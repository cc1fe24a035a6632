"""Who may do what: the roles of an instance, made where that is allowed, and what each may do."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from message_center.sql import statement

Connection = psycopg.Connection[Any]

log = logging.getLogger(__name__)


class Role(NamedTuple):
    """
    A role of this database, which its name names: roles are the cluster's.

    :param name: quoted where SQL wants it so.
    :param is_there: and stands for a group. One that can log in is somebody's own.
    :param is_taken: there is a role of this name.
    """

    name: str
    is_there: bool
    is_taken: bool
    has_its_rights: bool


def provide_roles(connection: Connection, announce: bool) -> None:
    """
    Make the roles that are not there, if this session may, and give those that are there their rights.

    One query when there is nothing to do. Without roles, whoever signs in as the database's owner works as ever.

    :param connection: in autocommit, to a migrated database.
    :param announce: say which roles there are not, and the statement that makes them.
    """
    if not all(role.has_its_rights for role in _roles(connection)):
        try:
            _grant(connection)
        except psycopg.errors.InsufficientPrivilege as error:
            log.warning("Database %s does not belong to who signs in: %s", connection.info.dbname, error)
    missing = [role for role in _roles(connection) if not role.is_there]
    if announce and missing:
        log.warning("Database %s: %s", connection.info.dbname, told(missing))


def told(missing: list[Role]) -> str:
    """Say what to do about roles that are not there."""
    sentences = []
    if new := [role.name for role in missing if not role.is_taken]:
        statements = " ".join(f"create role {name};" for name in new)
        sentences.append(
            "only its owner can use it, since its roles are not there. If others are to push, deliver, operate or "
            f"read, let somebody run who may: {statements} The next run gives them their rights."
        )
    if taken := [role.name for role in missing if role.is_taken]:
        sentences.append(f"these roles get no rights, since they can log in: {', '.join(taken)}.")
    return " And ".join(sentences)


def _roles(connection: Connection) -> list[Role]:
    return connection.cursor(row_factory=class_row(Role)).execute(statement("roles/roles")).fetchall()


def _grant(connection: Connection) -> None:
    with connection.transaction():
        connection.execute(statement("migration/take_turns"))
        _create(connection)
        connection.execute(statement("roles/grant"))


def _create(connection: Connection) -> None:
    may_create = connection.execute(statement("roles/may_create")).fetchone()
    if not (may_create and may_create[0]):
        return
    try:
        with connection.transaction():
            connection.execute(statement("roles/create"))
    except psycopg.Error as error:
        # A reserved name, or a provider that has rules of its own: a person has to make them.
        log.warning("Database %s: its roles could not be made: %s", connection.info.dbname, error)
