"""The receiver of the demo's webhooks takes what is signed with their secret, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest

from message_center.accounts.webhook import Webhook, new_secret
from message_center.local.receiver import REFUSED, Receiver, recorded
from message_center.webhooks.message import headers_of

SECRET = new_secret()
BODY = '{"type": "event.sent", "data": {"id": "7", "status": "Sent", "type": "reçu"}}'.encode()
TOO_OLD = 3600


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "messages.jsonl"


@pytest.fixture
def client(record: Path) -> Iterator[httpx.Client]:
    with Receiver(record, 0, SECRET) as receiver:
        Thread(target=receiver.serve_forever, args=[0.01], daemon=True).start()
        with httpx.Client(base_url=f"http://127.0.0.1:{receiver.server_port}", trust_env=False) as client:
            yield client
        receiver.shutdown()


def signed(secret: str = SECRET, seconds_ago: int = 0, body: bytes = BODY) -> dict[str, str]:
    webhook = Webhook.from_connection("shop", "https://shop.example", secret, {})
    return headers_of("msg_7_sent", body, webhook.keys, int(time.time()) - seconds_ago)


def test_what_is_signed_is_on_record_when_it_is_answered(client: httpx.Client, record: Path) -> None:
    for secret in (SECRET, f"{new_secret()} {SECRET}"):
        assert client.post("/status", content=BODY, headers=signed(secret)).status_code == 204
    assert [message["data"]["type"] for message in recorded(record)] == ["reçu", "reçu"]
    assert record.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(new_secret()),
        signed(seconds_ago=TOO_OLD),
        signed(body=BODY + b" "),
        {**signed(), "webhook-id": "msg_8_sent"},
        {**signed(), "webhook-timestamp": "today"},
        {**signed(), "webhook-signature": "v1"},
        {**signed(), "webhook-signature": "v1,="},
    ],
)
def test_of_anything_else_the_reason_alone_is_kept(client: httpx.Client, record: Path, headers: dict[str, str]) -> None:
    assert client.post("/status", content=BODY, headers=headers).status_code == 401
    (refused,) = recorded(record)
    assert refused.keys() == {REFUSED}
    assert client.post("/status", content=BODY, headers=signed()).status_code == 204
