"""The event as a template sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class ClaimedEvent:
    """One row of ``claim_deliveries``."""

    event_id: int
    queue: str
    type: str
    address: str
    language: str | None
    country: str | None
    email_format: int
    external_id: str | None
    origin: str | None
    ctx: dict[str, Any]
    created_at: datetime
    template_id: int
    tries: int
    account: str | None = None
    traceparent: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What a template sees as ``event``."""
        return {**vars(self), "id": self.event_id, "email": self.address}

    @property
    def context(self) -> dict[str, Any]:
        """The variables of a template."""
        return {"event": self.fields, "ctx": self.ctx}
