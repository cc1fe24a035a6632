"""Quarantine: found by a part of the address, with the reason; added and released under the user's name."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX

ACCOUNT, GONE = "mcTest", "mcGone"
QUARANTINE = f"{URL_PREFIX}/api/quarantine"


def found(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.post(f"{QUARANTINE}/search", json=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def changed(client: TestClient, act: str, *addresses: str, **more: Any) -> int:
    asked = {"id": str(uuid4()), "reason": "asked by phone", "addresses": addresses} | more
    answer = client.post(f"{QUARANTINE}/{ACCOUNT}/{act}", json=asked)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["done"])


def test_an_address_says_why_it_is_there_and_what_to_do(viewer: TestClient, shop: object) -> None:
    page = found(viewer, part="@SHOP")
    (row,) = page["addresses"]
    assert (row["account"], row["message"], row["by_hand"]) == (ACCOUNT, "550 5.1.1 no such user", False)
    assert "mailbox does not exist" in row["remedy"]
    assert list(page["silent"]) == [GONE]


def test_addresses_are_added_once_and_released(user: TestClient, execution: psycopg.Connection, shop: object) -> None:
    id_ = str(uuid4())
    assert [changed(user, "add", "Loud@shop.example", "loud@SHOP.example ", id=id_) for _ in range(2)] == [1, 1]
    (row,) = found(user, part="loud")["addresses"]
    assert (row["address"], row["message"], row["by_hand"]) == (
        "loud@shop.example",
        "by the user: asked by phone",
        True,
    )
    assert changed(user, "release", "LOUD@shop.example", "nobody@shop.example") == 1
    assert found(user, part="loud")["addresses"] == []
    acts = execution.execute("select kind::text, requested_by, counted, done from message_center.operator_act")
    assert sorted(acts.fetchall()) == [("quarantine", "the user", 2, 1), ("release", "the user", 2, 1)]


def test_pages_go_on(user: TestClient, shop: object) -> None:
    assert changed(user, "add", *(f"n{n}@shop.example" for n in range(9))) == 9
    first = found(user, limit=6, accounts=[ACCOUNT])
    second = found(user, limit=6, accounts=[ACCOUNT], place=first["place"])
    addresses = [row["address"] for page in (first, second) for row in page["addresses"]]
    assert (len(addresses), len(set(addresses)), second["place"]) == (10, 10, None)
