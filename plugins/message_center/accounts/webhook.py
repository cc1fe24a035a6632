"""A webhook: somebody who is told of an account's statuses by HTTP, as an Airflow connection names them."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from message_center.statuses import STATUSES

WEBHOOK_CONNECTION_TYPE = "message_center_webhook"
PATIENCE_DAYS, MESSAGES_KEPT_DAYS = 5, 7
HTTP_OPTION = ("message_center", "webhook_http_is_allowed")
QUEUES = ("rt", "batch")
FIELDS = ("account", "event_types", "statuses", "queues", "callers")
SECRET_PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)
"""What Standard Webhooks wants of a key."""
NEW_SECRET_BYTES = 32


class WebhookError(ValueError):
    """A connection that cannot be a webhook: says which, why, and what to do; never a secret, nor the URL."""

    def __init__(self, name: str, problem: str, remedy: str) -> None:
        super().__init__(f"Webhook {name!r}: {problem}. {remedy}.")


@dataclass(frozen=True)
class Webhook:
    """
    Where statuses are told, and of which events.

    :param name: the connection id.
    :param account: the account; empty: all of them.
    :param keys: that its messages are signed with; several while they take turns.
    :param event_types: that it is told of; ``None``: all. So are the others.
    :param callers: by whose doors events came in; the empty name is who signed in to the instance itself.
    """

    name: str
    account: str
    url: str = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    event_types: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    queues: tuple[str, ...] | None = None
    callers: tuple[str, ...] | None = None

    @classmethod
    def from_connection(
        cls, name: str, host: str | None, password: str | None, extra: Mapping[str, Any], http_is_allowed: bool = False
    ) -> Webhook:
        """
        Read a webhook from its connection.

        :param host: the whole URL.
        :param password: the secrets, ``whsec_…``, with a space between them.
        :raises WebhookError: if it cannot be told.
        """
        _refuse_unknown(name, extra)
        return cls(
            name,
            account_of(extra),
            url=_url(name, (host or "").strip(), http_is_allowed),
            keys=_keys(name, (password or "").split()),
            event_types=_choice(name, extra, "event_types"),
            statuses=_choice(name, extra, "statuses", STATUSES),
            queues=_choice(name, extra, "queues", QUEUES),
            callers=_choice(name, extra, "callers"),
        )

    @property
    def origin(self) -> str:
        """Scheme, host and port: what people may see of the URL."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def as_row(self) -> dict[str, Any]:
        """Return it as ``set_webhooks`` in the SQL takes it."""
        return {
            "name": self.name,
            "origin": self.origin,
            "event_types": self.event_types,
            "statuses": self.statuses,
            "queues": self.queues,
            "callers": self.callers,
        }


def new_secret() -> str:
    """Return a new secret: for the password of a webhook's connection, and for its receiver."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(NEW_SECRET_BYTES)).decode()


def account_of(extra: Mapping[str, Any]) -> str:
    """Return the account that a webhook's connection names; empty: all."""
    return str(extra.get("account") or "").strip()


def _refuse_unknown(name: str, extra: Mapping[str, Any]) -> None:
    """What is misspelt is no filter: the webhook would be told everything."""
    if unknown := [ascii(field) for field in extra if field not in FIELDS]:
        raise WebhookError(
            name, f"its extra has {', '.join(unknown)[:200]}", f"There are {', '.join(FIELDS)}, spelt so, and no others"
        )
    account = extra.get("account")
    if account is not None and not isinstance(account, str):
        raise WebhookError(name, "its account is no text", "Write the name of one account, or nothing for all")


def _url(name: str, url: str, http_is_allowed: bool) -> str:
    try:
        parts = urlsplit(url)
        # As it is looked up: no part of it is empty, nor longer than 63 characters.
        is_whole = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        is_whole = False
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not is_whole or not is_plain or "@" in parts.netloc or parts.fragment:
        raise WebhookError(
            name,
            "its host is no URL",
            "Write the whole URL into Host, as https://shop.example/status, without a login, "
            "and a name that has other letters than a to z as its xn--…",
        )
    if parts.scheme != "https" and not (http_is_allowed and parts.scheme == "http"):
        raise WebhookError(
            name, f"its URL begins with {parts.scheme}", "Use https, or set [message_center] webhook_http_is_allowed"
        )
    return url


def _keys(name: str, secrets: Iterable[str]) -> tuple[bytes, ...]:
    keys = tuple(_key(secret) for secret in secrets)
    if not keys or not all(len(key) in SECRET_BYTES for key in keys):
        raise WebhookError(
            name,
            "its password is no secret",
            f"Use {SECRET_PREFIX} and {SECRET_BYTES[0]} to {SECRET_BYTES[-1]} random bytes in Base64: "
            "message-center webhooks secret makes one",
        )
    return keys


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _choice(
    name: str, extra: Mapping[str, Any], field: str, allowed: tuple[str, ...] | None = None
) -> tuple[str, ...] | None:
    value = extra.get(field)
    if value in (None, "", []):
        return None
    if isinstance(value, str):
        # A comma too many is no name: the empty one stands for who signs in to the instance, and is said in JSON.
        given: Any = [each for each in value.split(",") if each.strip()]
    else:
        given = value
    if not isinstance(given, list) or not given or not all(isinstance(each, str) for each in given):
        raise WebhookError(name, f"{field} names nothing", "Write names, with commas between them, or a list of names")
    chosen = tuple(each.strip() for each in given)
    if not all(each.isprintable() for each in chosen):
        raise WebhookError(name, f"{field} has what no name has", "Write names, with commas between them")
    if unknown := [each for each in chosen if allowed and each not in allowed]:
        raise WebhookError(
            name, f"{field} has {', '.join(map(repr, unknown))}", f"Choose from {', '.join(allowed or ())}"
        )
    return chosen
