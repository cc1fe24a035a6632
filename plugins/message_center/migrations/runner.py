"""Bring a database to the newest schema, once, whoever else is trying to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import psycopg
from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from message_center.migrations.schema import Schema, Side
from message_center.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.runtime.migration import MigrationStep
    from typing_extensions import LiteralString

VERSION_TABLE_SCHEMA = "message_center"
LOCK_TIMEOUT = "5s"
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class SchemaError(RuntimeError):
    """A database whose schema cannot be brought up to date; says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}. {remedy}.")
        self.problem, self.remedy = problem, remedy


class State(NamedTuple):
    """How far a database has come."""

    revision: str
    functions_digest: str


def run_sql(name: str) -> None:
    """Run ``include/sql/<name>.sql`` in the migration under way: what each revision does."""
    # The driver's own connection, because these files have several statements, and colons that aren't parameters.
    driver_connection = op.get_bind().connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)
    driver_connection.execute(statement(name))


def migrate(connection: psycopg.Connection, side: Side) -> bool:
    """
    Bring the database behind ``connection`` to the schema of this version, in one transaction.

    Two queries when it is there already. Sessions that migrate one database at once take turns.

    :param connection: an open connection; whatever its autocommit setting, it is left as it was.
    :return: whether there was anything to do.
    :raises SchemaError: if the database is ahead of this version, or is so busy that its tables cannot be changed.
    :raises psycopg.Error: if a migration fails; nothing of it is kept.
    """
    return bring_up(connection, Schema.of(side))


def recognise(connection: psycopg.Connection, side: Side) -> None:
    """
    See that a database is empty, or of a version that :func:`migrate` knows.

    :raises SchemaError: if it is neither.
    """
    _state(connection, _revisions(Schema.of(side)))


def _revisions(schema: Schema) -> ScriptDirectory:
    return ScriptDirectory(str(schema.revisions[0]), version_locations=[str(path) for path in schema.revisions])


def bring_up(connection: psycopg.Connection, schema: Schema) -> bool:
    """Bring a database to a schema: see :func:`migrate`."""
    autocommit = connection.autocommit
    connection.autocommit = False
    script = _revisions(schema)
    wanted = State(script.get_current_head() or "", schema.digest)
    try:
        if _state(connection, script) == wanted:
            return False
        _change(connection, schema, script, wanted)
        return True
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, BUSY):
            raise
        raise SchemaError(
            f"The schema of database {connection.info.dbname!r} could not be brought up to date: a transaction holds "
            f"one of its tables for longer than {LOCK_TIMEOUT} (see pg_stat_activity)",
            "Nothing was changed; try again",
        ) from cause
    finally:
        connection.rollback()
        connection.autocommit = autocommit


def _state(connection: psycopg.Connection, script: ScriptDirectory) -> State | None:
    """Return how far the database has come; ``None`` for an empty one."""
    exists = connection.execute(statement("migration/exists")).fetchone()
    assert exists is not None
    is_migrated, is_released = exists
    if not is_migrated:
        return None
    row = connection.execute(statement("migration/state")).fetchone() if is_released else None
    if row is None or row[0] not in {revision.revision for revision in script.walk_revisions()}:
        raise SchemaError(
            f"Database {connection.info.dbname!r} was made by another version of Message Center on Airflow",
            "If that is a newer one, install it here too; if it is from before 0.1.0, start with an empty database",
        )
    return State(*row)


def _change(connection: psycopg.Connection, schema: Schema, script: ScriptDirectory, wanted: State) -> None:
    steps: Sequence[MigrationStep] = ()
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with (
        engine.begin() as bind,
        EnvironmentContext(Config(), script, fn=lambda *_: steps) as environment,
    ):
        connection.execute(statement("migration/take_turns"))
        connection.execute(statement("migration/timeouts"), {"lock_timeout": LOCK_TIMEOUT})
        state = _state(connection, script)
        if state is None:
            _apply(connection, schema.everything)
            steps = script._stamp_revs("head", ())
        else:
            steps = script._upgrade_revs("head", state.revision)
        environment.configure(connection=bind, version_table_schema=VERSION_TABLE_SCHEMA)
        environment.run_migrations()
        if state is not None and state.functions_digest != wanted.functions_digest:
            _apply(connection, schema.functions)
        connection.execute(statement("migration/note_functions"), {"digest": wanted.functions_digest})


def _apply(connection: psycopg.Connection, texts: Iterable[LiteralString]) -> None:
    for text in texts:
        connection.execute(text)
