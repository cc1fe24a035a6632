"""Several control instances on one server and behind one set of doors: a database for each, each sees its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest

from message_center.intake.settings import Settings
from support.archive import Connection, archive_all, same_events
from support.doors import add_caller, bearer, door_login, opened
from support.events import event

PUSH = "/v1/rt/events"
BRANDS = ("north", "south")
Brand = tuple[Connection, Connection, str]


@pytest.fixture
def brands(new_database: Callable[[str], str]) -> Iterator[dict[str, Brand]]:
    """Of each brand its control instance, its execution instance, and how a door reaches that; all on one server."""
    with ExitStack() as opened_ones:

        def connect(side: str) -> Connection:
            return opened_ones.enter_context(psycopg.connect(new_database(side), autocommit=True))

        made = {brand: (connect("control"), connect("execution")) for brand in BRANDS}
        for brand, (_, execution) in made.items():
            # Each control instance has its own numbers: here both have given the same one.
            execution.execute("select message_center.register_instance(%s, 1::smallint)", [brand])
        yield {brand: (*sides, opened_ones.enter_context(door_login(sides[1]))) for brand, sides in made.items()}


async def test_brands_share_a_server_and_its_doors_and_see_each_its_own(brands: dict[str, Brand]) -> None:
    secrets = {brand: add_caller(execution) for brand, (_, execution, _) in brands.items()}
    async with opened(Settings({brand: login for brand, (_, _, login) in brands.items()})) as door:

        def as_caller(brand: str) -> dict[str, str]:
            return bearer(secrets[brand])

        async def found(brand: str, address: str) -> list[str]:
            answer = await door.get("/v1/events", params={"address": address}, headers=as_caller(brand))
            return [each["external_id"] for each in answer.json()["events"]]

        pushed: dict[str, httpx.Response] = {}
        for brand in BRANDS:
            content = event(email="john@example.com", external_id=brand)
            pushed[brand] = await door.post(PUSH, json=content, headers=as_caller(brand))
        for brand in BRANDS:
            read = await door.get(pushed[brand].json()["href"], headers=as_caller(brand))
            assert read.json()["external_id"] == brand
            assert await found(brand, "john@example.com") == [brand]
    for brand, (control, execution, _) in brands.items():
        archive_all(execution, control, brand)
        assert same_events(execution, control)
        assert control.execute("select external_id from archive.event").fetchall() == [(brand,)]
