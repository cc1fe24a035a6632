"""Bring a database to the newest schema, once, whoever else is trying to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psycopg
from alembic import op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from message_center.sql import statement

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep

Side = Literal["control", "execution"]

SCHEMA = "message_center"


def run_sql(name: str) -> None:
    """Run ``include/sql/<name>.sql`` in the migration under way: what each revision does."""
    # The driver's own connection, because these files have several statements, and colons that aren't parameters.
    driver_connection = op.get_bind().connection.driver_connection
    assert isinstance(driver_connection, psycopg.Connection)
    driver_connection.execute(statement(name))


def migrate(connection: psycopg.Connection, side: Side) -> None:
    """
    Apply the migrations that the database behind ``connection`` lacks, in one transaction.

    Cheap when there are none. Sessions that migrate one database at once take turns.

    :param connection: an open connection; whatever its autocommit setting, it is left as it was.
    :raises psycopg.Error: if a migration fails; nothing of it is kept.
    """
    autocommit = connection.autocommit
    connection.autocommit = False
    try:
        _upgrade(connection, Path(__file__).parent / side)
    finally:
        connection.rollback()
        connection.autocommit = autocommit


def _upgrade(connection: psycopg.Connection, revisions: Path) -> None:
    script = ScriptDirectory(str(revisions), version_locations=[str(revisions)])

    def steps_to_head(revision: str, _context: object) -> list[RevisionStep]:
        return script._upgrade_revs("head", revision)

    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    with (
        engine.begin() as bind,
        EnvironmentContext(Config(), script, fn=steps_to_head) as environment,
    ):
        bind.exec_driver_sql("select pg_advisory_xact_lock(hashtext('message_center'), hashtext('migrate'))")
        bind.exec_driver_sql("create schema if not exists message_center")
        environment.configure(connection=bind, version_table_schema=SCHEMA)
        environment.run_migrations()
