"""Webhooks on the page: how each stands, enabled again and told again under the user's name; no secret among it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from message_center.page.plugin import URL_PREFIX
from support.webhooks import Receiver, known, webhook

WEBHOOKS = f"{URL_PREFIX}/api/instances/mcTest/webhooks"
DISABLE = "update message_center.webhook set disabled_at = now(), disabled_reason = 'gone' where name = 'erp'"


def shown(client: TestClient) -> dict[str, Any]:
    answer = client.get(WEBHOOKS)
    assert answer.status_code == 200, answer.text
    assert "hush" not in answer.text
    (row,) = answer.json()["webhooks"]
    return dict(row)


def test_a_webhook_is_enabled_again_and_told_again(
    viewer: TestClient, user: TestClient, dags: object, execution: psycopg.Connection, shop: object
) -> None:
    known(execution, webhook(Receiver("https://erp.example/status?token=hush"), statuses="Sent"))
    execution.execute(DISABLE)
    row = shown(viewer)
    assert (row["name"], row["origin"], row["statuses"], row["waiting"]) == ("erp", "https://erp.example", ["Sent"], 0)
    assert row["disabled_reason"] == "gone"

    asked = {"id": str(uuid4()), "reason": "mended"}
    assert viewer.post(f"{WEBHOOKS}/erp/resume", json=asked).status_code == 403
    assert user.post(f"{WEBHOOKS}/erp/resume", json=asked).status_code == 204
    assert shown(viewer)["disabled_at"] is None
    again = {"id": str(uuid4()), "reason": "lost", "since": "2026-11-29T08:00:00Z"}
    assert user.post(f"{WEBHOOKS}/erp/replay", json=again).status_code == 204
    assert shown(viewer)["is_replaying"] is True
    acts = execution.execute(
        "select kind::text, requested_by, reason from message_center.operator_act order by begun_at"
    )
    assert acts.fetchall()[-2:] == [("resume_webhook", "the user", "mended"), ("replay_webhook", "the user", "lost")]


def test_one_that_is_not_there_is_said_to_be_so(user: TestClient, dags: object, shop: object) -> None:
    answer = user.post(f"{WEBHOOKS}/nobody/resume", json={"id": str(uuid4()), "reason": "mended"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no webhook 'nobody' here.")


@pytest.mark.parametrize("name", ["a/b", "a/resume", "(erp)#1", "a\\b"])
def test_a_webhook_may_be_called_whatever_a_connection_may(
    user: TestClient, dags: object, execution: psycopg.Connection, shop: object, name: str
) -> None:
    known(execution, webhook(Receiver("https://erp.example/status"), name))
    execution.execute("update message_center.webhook set disabled_at = now(), disabled_reason = 'gone'")
    path, asked = f"{WEBHOOKS}/{quote(name, safe='')}", {"id": str(uuid4()), "reason": "mended"}
    assert user.post(f"{path}/resume", json=asked).status_code == 204
    again = {"id": str(uuid4()), "reason": "lost", "since": "2026-11-29T08:00:00Z"}
    assert user.post(f"{path}/replay", json=again).status_code == 204
