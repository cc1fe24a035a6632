"""A message to a webhook: one event's status, by the Standard Webhooks convention (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from message_center.statuses import Status

WORDS: Mapping[Status, str] = {
    "Pending": "pending",
    "Pending delivery": "pending_delivery",
    "Sent": "sent",
    "Ignored by the delivery": "ignored",
    "Delivery failed": "failed",
    "Event not taken into account": "not_taken_into_account",
    "Expired": "expired",
}
"""What a status is called in a message's id and type."""


@dataclass(frozen=True)
class Message:
    """
    What a webhook is told of an event.

    :param changed_at: when the event got the status.
    :param data: what is said of it, as JSON.
    """

    event_id: int
    status: Status
    changed_at: datetime
    data: str

    @property
    def id(self) -> str:
        """The same whenever it is sent: an event has each status once, so that receivers know what they have taken."""
        return f"msg_{self.event_id}_{WORDS[self.status]}"

    @property
    def body(self) -> bytes:
        """What is signed and sent, byte by byte."""
        moment = self.changed_at.isoformat().replace("+00:00", "Z")
        return f'{{"type": "event.{WORDS[self.status]}", "timestamp": "{moment}", "data": {self.data}}}'.encode()


def headers_of(message_id: str, body: bytes, keys: Iterable[bytes], at: int) -> dict[str, str]:
    """Return the headers of a message: a signature for each key, so that receivers change keys when they like."""
    signed = f"{message_id}.{at}.".encode() + body
    digests = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
        "content-type": "application/json",
        "user-agent": "message-center-webhooks",
    }
