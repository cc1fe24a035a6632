"""A PostgreSQL server of the harness's own, beside the stack's: one database, which can fail alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from message_center.local import postgres
from message_center.local.paths import Paths, Ports

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT


class Cluster:
    """
    One server with one database, which a role of the same name owns.

    :param folder: where its data and its log are.
    :param database: the name of the database, of its owner, and of the connection in Airflow.
    """

    def __init__(self, folder: Path, port: int, database: str) -> None:
        self.paths, self.ports, self.database = Paths(folder), Ports(postgres=port), database
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def password(self) -> str:
        """Return the password of the superuser, which the database's owner has too."""
        return self.paths.secrets["postgres:postgres"]

    @property
    def uri(self) -> str:
        """Return the URI of the database, as its owner."""
        return f"postgresql://{self.database}:{self.password}@127.0.0.1:{self.ports.postgres}/{self.database}"

    def make(self, tablespace: Path | None = None) -> Cluster:
        """Make the server and start it, with its database; in a tablespace, if one is given."""
        self.paths.make()
        postgres.make_cluster(self.paths)
        self.start()
        with self.administrator() as connection:
            role, password = sql.Identifier(self.database), sql.Literal(self.password)
            connection.execute(sql.SQL("create role {} login password {}").format(role, password))
            where = sql.SQL("")
            if tablespace:
                connection.execute(sql.SQL("create tablespace small location {}").format(sql.Literal(str(tablespace))))
                where = sql.SQL("tablespace small")
            connection.execute(sql.SQL("create database {} owner {} {}").format(role, role, where))
        return self

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the server and wait until it takes connections."""
        with (self.paths.log / "postgres.log").open("ab") as log:
            self._process = subprocess.Popen(
                postgres.command(self.paths, self.ports),
                user=postgres.system_user(),
                env={**os.environ, **(environment or {})},
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        postgres.wait_until_ready(self.paths, self.ports)

    def stop(self, how: int = FAST) -> None:
        """Stop the server; :data:`IMMEDIATE` is a crash, after which it has to recover."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def administrator(self) -> psycopg.Connection[Any]:
        """Connect as the superuser, in autocommit."""
        return postgres.administrator(self.paths, self.ports)

    def connect(self) -> psycopg.Connection[Any]:
        """Connect to the database as its owner, in autocommit."""
        return psycopg.connect(self.uri, autocommit=True, connect_timeout=5)

    def wait_for_session(self, condition: str, seconds: float = 60) -> dict[str, Any]:
        """Return a session of ``pg_stat_activity`` that meets an SQL condition, as soon as there is one."""
        end = time.monotonic() + seconds
        with self.administrator() as connection:
            cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
            while not (row := cursor.execute(f"select * from pg_stat_activity where {condition}").fetchone()):
                assert time.monotonic() < end, f"not within {seconds} s: a session with {condition}"
                time.sleep(0.05)
        return dict(row)
