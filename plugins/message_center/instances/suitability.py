"""Whether a database suits one of the two sides; found out before anything is made in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from message_center.errors import one_line
from message_center.instances.hooks import ENCODING_REMEDY, MIN_SERVER_VERSION, encoding_of
from message_center.migrations import SchemaError, recognise
from message_center.migrations.schema import Side
from message_center.sql import statement

# The table by which each side is known.
TABLES: dict[Side, str] = {"execution": "instance", "control": "execution_instance"}
OTHER: dict[Side, Side] = {"execution": "control", "control": "execution"}


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what to do about it; two clauses without a full stop."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem[:1].upper()}{self.problem[1:]}. {self.remedy}."


@dataclass(frozen=True)
class Database:
    """What a database is to the role that is signed in."""

    role: str
    database: str
    is_standby: bool
    may_not_make: list[str]
    owner: str | None
    tables: list[str]


def told(faults: Iterable[Fault]) -> str:
    """Return faults in words, numbered if there are several."""
    sentences = list(dict.fromkeys(map(str, faults)))
    if len(sentences) == 1:
        return sentences[0]
    return " ".join(f"({number}) {sentence}" for number, sentence in enumerate(sentences, start=1))


def database_faults(connection: psycopg.Connection, side: Side) -> Iterator[Fault]:
    """Yield everything that keeps a side's schema from being made, or brought up to date, in a database."""
    yield from _server_faults(connection)
    found = look_at(connection)
    if found.is_standby:
        yield Fault("its server is a standby, which takes no changes", "Name the primary in the connection")
    if TABLES[OTHER[side]] in found.tables:
        remedy = "Give this connection a database of its own"
        yield Fault(f"database {found.database!r} is that of the {_named(OTHER[side], connection)}", remedy)
    elif found.owner:
        yield Fault(f"its schemas belong to role {found.owner!r}, not {found.role!r}", f"Sign in as {found.owner!r}")
    else:
        yield from _right_faults(found, side)
        yield from _version_faults(connection, side)


def look_at(connection: psycopg.Connection) -> Database:
    """Return what the database behind a connection is."""
    found = connection.cursor(row_factory=class_row(Database)).execute(statement("session/database")).fetchone()
    assert found is not None
    return found


def _server_faults(connection: psycopg.Connection) -> Iterator[Fault]:
    version = connection.info.server_version
    if version < MIN_SERVER_VERSION:
        yield Fault(f"PostgreSQL 16 or newer is needed; this server has {version // 10000}", "Use a newer server")
    if (encoding := encoding_of(connection)) != "UTF8":
        yield Fault(f"its encoding is {encoding}", ENCODING_REMEDY)


def _named(side: Side, connection: psycopg.Connection) -> str:
    if side == "control":
        return "control instance"
    row = connection.execute(statement("execution/registered_account")).fetchone()
    return f"execution instance {row[0]!r}" if row and row[0] else "execution instance of nobody yet"


def _right_faults(found: Database, side: Side) -> Iterator[Fault]:
    """Yield the rights that are missing for what has still to be made."""
    exists = TABLES[side] in found.tables
    needed = {"schemas": not exists, "temporary tables": side == "control"}
    if missing := [what for what in found.may_not_make if needed[what]]:
        yield Fault(
            f"role {found.role!r} may not make {' and '.join(missing)} in database {found.database!r}",
            f'Have a superuser run: alter database "{found.database}" owner to "{found.role}"',
        )


def _version_faults(connection: psycopg.Connection, side: Side) -> Iterator[Fault]:
    try:
        recognise(connection, side)
    except SchemaError as error:
        yield Fault(error.problem, error.remedy)
    except psycopg.Error as error:
        yield Fault(f"its schema cannot be read: {one_line(error)}", "Correct its rights, or use an empty database")
