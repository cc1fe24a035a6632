"""Doors in the test's own process, on a real instance, and callers who come in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import psycopg
from psycopg import sql

from message_center.intake.app import make_app
from message_center.intake.keys import digest_of, id_of, new_secret
from message_center.intake.settings import Settings
from message_center.sql import statement
from support.roles import drop_role, roles_of

Connection = psycopg.Connection[Any]
BASE = "http://door.example"


def add_caller(
    instance: Connection,
    name: str = "shop",
    may: tuple[str, ...] = ("push", "read", "act"),
    event_types: list[str] | None = None,
    queues: list[str] | None = None,
    rate: int | None = None,
) -> str:
    """Let a caller in, and return its secret."""
    instance.execute(statement("door/set_caller"), [name, list(may), event_types, queues, rate])
    return add_key(instance, name)


def add_key(instance: Connection, caller: str, overlap: float = 0.0) -> str:
    """Give a caller one more key, and return its secret."""
    secret = new_secret()
    instance.execute(statement("door/add_caller_key"), [caller, id_of(secret), digest_of(secret), overlap])
    return secret


@contextlib.contextmanager
def door_login(instance: Connection) -> Iterator[str]:
    """Give an instance its roles and a login with that of a door, and yield how libpq signs in by it."""
    name = f"{instance.info.dbname}_test_door"
    with roles_of(instance):
        instance.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
        role = sql.Identifier(f"{instance.info.dbname}_door")
        instance.execute(sql.SQL("grant {} to {}").format(role, sql.Identifier(name)))
        try:
            yield f"{instance.info.dsn} user={name}"
        finally:
            drop_role(instance, name)


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Open doors, and yield a client of them. What a door does not expect fails the test."""
    app = make_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=30) as client:
            yield client


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def until_status(status: int, call: Callable[[], Awaitable[httpx.Response]], tries: int = 100) -> None:
    """Call until the door answers so."""
    for _ in range(tries):
        if (await call()).status_code == status:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"no answer {status}")
