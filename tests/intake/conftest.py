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
from support.roles import drop_role, roles_of

Connection = psycopg.Connection[Any]


@pytest.fixture
def instance(execution: Connection) -> Iterator[Connection]:
    """An instance as its owner sees it, with the roles that it gives to others."""
    with roles_of(execution):
        yield execution
        drop_role(execution, f"{execution.info.dbname}_test_door")


@pytest.fixture
def settings(instance: Connection) -> Settings:
    """Doors to the instance, which sign in with the rights of a door and no other."""
    return Settings({"mcTest": door_login(instance)}, max_body_bytes=200_000, unknown_key_seconds=0.02)


@pytest_asyncio.fixture
async def door(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the doors."""
    async with opened(settings) as client:
        yield client
