"""Webhooks read from connections: what cannot be told is refused, and no error has a secret in it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from message_center.accounts.webhook import Webhook, WebhookError

KEY = b"a key of 24 random bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
URL = "https://erp.example/status?token=hush"


def read(host: str | None = URL, password: str | None = SECRET, **extra: Any) -> Webhook:
    return Webhook.from_connection("erp", host, password, extra)


def test_fields_are_read_from_the_form_and_from_json() -> None:
    assert read() == Webhook("erp", "", URL, (KEY,))
    assert read(statuses="Sent, Expired", queues="rt").statuses == ("Sent", "Expired")
    assert read(event_types=["invoice_ready"], account=" shop ").account == "shop"
    assert read(callers="").callers is None
    assert read(callers="shop, ").callers == ("shop",), "and not who signs in to the instance"
    assert read(callers=["", "shop"]).callers == ("", "shop")
    assert read(password=f"{SECRET}\n{SECRET}").keys == (KEY, KEY)
    assert read(password=SECRET.removeprefix("whsec_")).keys == (KEY,)
    assert (read().origin, "hush" in repr(read()), "key of" in repr(read())) == ("https://erp.example", False, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": None},
        {"host": "erp.example/status"},
        {"host": "http://erp.example/hush"},
        {"host": "file:///etc/passwd"},
        {"host": "https://user:hush@erp.example/"},
        {"host": "https://:hush@erp.example/"},
        {"host": "https://@erp.example/hush"},
        {"host": "https://erp.example/a b"},
        {"host": "https://erp.example/a\tb"},
        {"host": "https://erp.example/\x7f"},
        {"event_types": "order\0confirmation"},
        {"host": "https://[::1/hush"},
        {"host": "https://erp.example/#hush"},
        {"host": "https://erp.example:99999/hush"},
        {"host": "https://bücher.example/hush"},
        {"host": "https://erp..example/hush"},
        {"host": f"https://{'a' * 64}.example/hush"},
        {"password": None},
        {"password": "hush"},
        {"password": "whsec_hush"},
        {"password": SECRET.rstrip("=")[:-1]},
        {"password": "whsec_" + base64.urlsafe_b64encode(b"\xff" * 24).decode()},
        {"password": "whsk_" + SECRET.removeprefix("whsec_")},
        {"password": f"{SECRET} whsec_hush"},
        {"statuses": "Delivered"},
        {"queues": "fast"},
        {"event_type": "order"},
        {"Statuses": "Sent"},
        {"acount": "shop"},
        {"account": ["shop"]},
        {"event_types": [["order"]]},
        {"event_types": {"order": 1}},
        {"event_types": False},
        {"statuses": ["Sent", ""]},
        {"queues": " , "},
        {"callers": ","},
    ],
)
def test_what_cannot_be_told_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WebhookError, match="Webhook 'erp': ") as refused:
        read(**wrong)
    assert "hush" not in str(refused.value)
