"""
Callers and their secrets.

A secret is ``mc_<id>_<256 random bits>``. The instance keeps its id and the SHA-256 of all of it: what is random needs
no slow hash, which is for words that people choose. The id finds the key, so that no secret is looked up, and the
digests are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass, field

SECRET = "mc_[a-z0-9]{16}_[A-Za-z0-9_-]{43}"
_SECRET = re.compile(SECRET, re.ASCII)
_ID = slice(len("mc_"), len("mc_") + 16)
SECRET_IN_BYTES = re.compile(SECRET.encode())
"""A secret somewhere in what was sent."""
_ALPHABET = string.ascii_lowercase + string.digits
SCOPES = ("push", "read", "act")
QUEUES = ("rt", "batch")


@dataclass(frozen=True)
class Key:
    """
    A key of a caller, and what the caller may do with it.

    :param event_types: that it may push; ``None``: all.
    :param queues: that it may push to; ``None``: both.
    :param max_events_per_second: that one process takes in; ``None``: as many as it can.
    """

    id: str
    digest: bytes = field(repr=False)
    caller: str
    may: frozenset[str]
    event_types: frozenset[str] | None
    queues: frozenset[str] | None
    max_events_per_second: int | None
    is_session: bool = False

    def fits(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, digest_of(secret))

    def is_that_of(self, other: Key) -> bool:
        return hmac.compare_digest(self.digest, other.digest) and self.caller == other.caller

    def allows_type(self, event_type: object) -> bool:
        # What is no text is refused by the instance, in its own words.
        return self.event_types is None or not isinstance(event_type, str) or event_type in self.event_types


def new_secret() -> str:
    """Return a secret that nobody has: shown once, kept nowhere."""
    return f"mc_{''.join(secrets.choice(_ALPHABET) for _ in range(16))}_{secrets.token_urlsafe(32)}"


def id_of(secret: str) -> str | None:
    """Return the id of the key that a secret names; ``None`` for what is no secret of ours."""
    return secret[_ID] if _SECRET.fullmatch(secret) else None


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
