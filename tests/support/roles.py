"""Logins that are no superuser, and have only what a test gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, sql

from message_center.migrations import provide_roles

Connection = psycopg.Connection[Any]
KINDS = ("pusher", "door", "engine", "operator", "reader")


@contextmanager
def roles_of(database: Connection) -> Iterator[None]:
    """Give a migrated database its roles, and take them away again."""
    provide_roles(database, announce=False)
    yield
    for kind in KINDS:
        drop_role(database, f"{database.info.dbname}_{kind}")


@contextmanager
def login(database: Connection, *kinds: str) -> Iterator[Connection]:
    """A session of a new login that has these roles of the database and nothing else."""
    name = "_".join(("login", *kinds))
    database.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
    for kind in kinds:
        role = sql.Identifier(f"{database.info.dbname}_{kind}")
        database.execute(sql.SQL("grant {} to {}").format(role, sql.Identifier(name)))
    try:
        with psycopg.connect(database.info.dsn, user=name, autocommit=True) as connection:
            yield connection
    finally:
        drop_role(database, name)


def drop_role(database: Connection, name: str) -> None:
    """Drop a role, and all that it has in the database."""
    if database.execute("select to_regrole(quote_ident(%s))", [name]).fetchone() != (None,):
        for command in ("drop owned by {} cascade", "drop role {}"):
            database.execute(sql.SQL(command).format(sql.Identifier(name)))


def is_refused(connection: Connection, statement: str) -> bool:
    """Tell whether a statement lacks a right; whatever else goes wrong with it is raised."""
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return True
    return False


def names(connection: Connection, query: str) -> set[str]:
    """Return the first column of a query's rows."""
    return {row[0] for row in connection.execute(query).fetchall()}
