"""An instance with roles, and its doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from message_center.intake.settings import Settings
from support.doors import door_login, opened

Connection = psycopg.Connection[Any]


@pytest.fixture
def instance(execution: Connection) -> Connection:
    """An instance as its owner sees it."""
    return execution


@pytest.fixture
def settings(instance: Connection) -> Iterator[Settings]:
    """Doors to the instance, which sign in with the rights of a door and no other."""
    with door_login(instance) as uri:
        yield Settings({"mcTest": uri}, max_body_bytes=200_000, unknown_key_seconds=0.02)


@pytest_asyncio.fixture
async def door(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the doors."""
    async with opened(settings) as client:
        yield client
