"""The schema shows the present, and every database gets there: an empty one, and one of any release."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psycopg
import pytest

from message_center.instances.hooks import TASK_TIMEOUTS
from message_center.migrations import SchemaError, migrate, runner
from message_center.migrations.runner import bring_up
from message_center.migrations.schema import Schema, Side
from message_center.sql import SQL_FOLDER, statement
from message_center.statuses import STATUSES
from support.schema_change import changed
from support.schemas import RELEASES, difference, restore
from support.waiting import until

Connection = psycopg.Connection[Any]
NewDatabase = Callable[[str], str]

SIDES: tuple[Side, ...] = ("control", "execution")
FORGOTTEN = """
Brought up from {release}, the {side} side's schema is not what an empty database gets. Either a table or type was
changed without a migration, or a function went, or has another signature, and no migration drops the old one: see
message_center.migrations. Before {release} is released, freeze it again: see scripts.freeze_release.

{difference}"""
OBJECTS = """
    select oid, xmin::text from pg_proc where pronamespace = 'message_center'::regnamespace
    union all
    select oid, xmin::text from pg_class where relnamespace = 'message_center'::regnamespace
    order by 1
"""
WAITING = """
    select count(*) from pg_locks
    where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())
"""
OID = "select 'message_center.reason_of_stop'::regproc::oid"
REASON = "select message_center.reason_of_stop('order', 'wrong logo')"


def connect(uri: str) -> Connection:
    return psycopg.connect(uri, autocommit=True)


def value(connection: Connection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def released(new_database: NewDatabase) -> Iterator[Connection]:
    """An execution database as 0.1.0 made it."""
    uri = new_database("")
    restore(uri, "0.1.0", "execution")
    with connect(uri) as connection:
        yield connection


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("release", sorted(path.name for path in RELEASES.iterdir()))
def test_a_release_comes_to_what_an_empty_database_gets(release: str, side: Side, new_database: NewDatabase) -> None:
    old, new = new_database(""), new_database(side)
    restore(old, release, side)
    with connect(old) as connection:
        migrate(connection, side)
    found = difference(old, new)
    assert not found, FORGOTTEN.format(release=release, side=side, difference=found)


def test_a_migration_and_a_changed_function_come_together(
    released: Connection, new_database: NewDatabase, tmp_path: Path
) -> None:
    schema, before = changed(tmp_path), value(released, OID)
    bring_up(released, schema)

    assert value(released, "select version_num from message_center.alembic_version") == "9999"
    assert value(released, REASON) == 'event type "order" was stopped: wrong logo'
    assert value(released, OID) == before, "what runs meanwhile finds it again"

    fresh = new_database("")
    with connect(fresh) as connection:
        bring_up(connection, schema)
        assert value(connection, "select version_num from message_center.alembic_version") == "9999"
    assert not difference(database(released), fresh)


def test_a_changed_function_is_applied_again_without_any_migration(released: Connection, tmp_path: Path) -> None:
    schema = Schema.of("execution")
    functions = dataclasses.replace(schema, files=dict(schema.files) | functions_of(changed(tmp_path)))
    bring_up(released, functions)
    assert value(released, REASON) == 'event type "order" was stopped: wrong logo'
    bring_up(released, schema)
    assert value(released, REASON) == 'event type "order" is stopped: wrong logo'


def without_a_function(schema: Schema) -> Schema:
    files = {name: text for name, text in schema.files.items() if name != "functions/status_update/step"}
    return dataclasses.replace(schema, files=files)


def without_its_migration(schema: Schema) -> Schema:
    return dataclasses.replace(schema, revisions=schema.revisions[:1])


@pytest.mark.parametrize("forget", [without_a_function, without_its_migration])
def test_a_forgotten_migration_is_noticed(
    forget: Callable[[Schema], Schema], released: Connection, new_database: NewDatabase, tmp_path: Path
) -> None:
    schema, fresh = forget(changed(tmp_path)), new_database("")
    with connect(fresh) as connection:
        bring_up(connection, schema)
    bring_up(released, schema)
    assert difference(database(released), fresh)


@pytest.mark.parametrize("side", SIDES)
def test_a_second_time_does_nothing(side: Side, new_database: NewDatabase) -> None:
    with connect(new_database(side)) as connection:
        before = connection.execute(OBJECTS).fetchall()
        migrate(connection, side)
        assert connection.execute(OBJECTS).fetchall() == before
        assert connection.autocommit


def test_sessions_take_turns(new_database: NewDatabase) -> None:
    """All have found the database empty before, as the first runs of new accounts do, which meet on control."""
    uri = new_database("")
    with connect(uri) as holder, ProcessPoolExecutor(3, mp_context=get_context("spawn")) as sessions:
        with holder.transaction():
            holder.execute(statement("migration/take_turns"))
            migrated = sessions.map(migrate_in_a_session, [uri] * 3)
            until("all waiting", lambda: value(holder, WAITING) == 3, 60)
        list(migrated)
    assert not difference(uri, new_database("execution"))


def test_a_table_in_use_is_not_waited_for(
    released: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LOCK_TIMEOUT", "100ms")
    with connect(database(released)) as other, other.transaction():
        other.execute("select from message_center.event")
        with pytest.raises(SchemaError, match=r"holds one of its tables for longer than 100ms .* try again"):
            bring_up(released, changed(tmp_path))
    assert value(released, REASON) == 'event type "order" is stopped: wrong logo', "nothing was changed"
    bring_up(released, changed(tmp_path))


@pytest.mark.parametrize(
    "other",
    ["update message_center.alembic_version set version_num = '9998'", "drop table message_center.schema_state"],
)
def test_a_database_of_another_version_is_left_alone(released: Connection, other: str) -> None:
    released.execute(other)
    with pytest.raises(SchemaError, match="was made by another version"):
        migrate(released, "execution")


@pytest.mark.parametrize("side", SIDES)
def test_every_file_is_part_of_the_order(side: Side) -> None:
    folder = SQL_FOLDER / side / "schema"
    files = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.sql")} - {"order"}
    assert set(Schema.of(side).files) == files


def migrate_in_a_session(uri: str) -> None:
    with connect(uri) as connection:
        # As our hooks do: a session that has looked names up before does not look again by itself.
        connection.execute(statement("session/pin"), TASK_TIMEOUTS)
        migrate(connection, "execution")


def functions_of(schema: Schema) -> dict[str, Any]:
    return {name: text for name, text in schema.files.items() if name.startswith("functions/")}


def database(connection: Connection) -> str:
    """The URI of an open connection's database."""
    return connection.info.dsn


def test_the_statuses_are_the_databases_own(execution: Connection) -> None:
    row = execution.execute("select enum_range(null::message_center.event_status)::text[]").fetchone()
    assert row == (list(STATUSES),)
