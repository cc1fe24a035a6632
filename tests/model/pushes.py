"""What shops push: each event is of a kind, so that examples shrink to the plainest."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any

from model.model import ENRICHED_TYPE
from model.world import GATED_ADDRESS, UNARCHIVABLE_ADDRESS

HALF_TICK = timedelta(hours=1)


@dataclass(frozen=True, repr=False)
class Spec:
    """An event to be pushed. Times are in half ticks from now, so that none is ever reached exactly."""

    type: str = "order"
    address: str = "ann@shop.example"
    channel: int = 0
    language: str | None = None
    n: int = 1
    scheduled: int | None = None
    expiration: int | None = None
    key: str | None = None
    poison: str | None = None

    def __repr__(self) -> str:
        """Return what is not as usual."""
        usual = {field.name: field.default for field in fields(self)}
        told = (f"{name}={value!r}" for name, value in vars(self).items() if value != usual[name])
        return f"Spec({', '.join(told)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def content(self) -> dict[str, Any]:
        """Return the event as a shop would push it now."""
        event: dict[str, Any] = {"type": self.type, "ctx": {"n": self.n}, "wished_channel": self.channel}
        event["email" if self.channel == 0 else "mobile_phone"] = self.address
        if self.language:
            event["language"] = self.language
        if self.key:
            event["idempotency_key"] = self.key
        if self.poison:
            event["ctx"]["poison"] = self.poison
        now = datetime.now(timezone.utc)
        for name, half_ticks in (("scheduled", self.scheduled), ("expiration", self.expiration)):
            if half_ticks is not None:
                event[name] = (now + half_ticks * HALF_TICK).isoformat()
        return event


SPECS = (
    Spec(),
    Spec(address=GATED_ADDRESS),
    Spec(address="Bob@Shop.example"),
    Spec(type="reset"),
    Spec(language="fr"),
    Spec(channel=1, address="+33612345678"),
    Spec(type="promo", n=2),
    Spec(type="promo", n=1),
    Spec(type="promo", n=2, language="fr", address=GATED_ADDRESS),
    Spec(type=ENRICHED_TYPE, n=5),
    Spec(type=ENRICHED_TYPE, n=0),
    Spec(type="pigeon"),
    Spec(expiration=1),
    Spec(expiration=3),
    Spec(expiration=3, address=GATED_ADDRESS),
    Spec(expiration=-1),
    Spec(scheduled=1),
    Spec(scheduled=-1),
    Spec(scheduled=1, expiration=2),
    Spec(type="promo", n=2, scheduled=1),
    Spec(type=ENRICHED_TYPE, n=0, scheduled=1, expiration=3),
    Spec(key="k1"),
    Spec(key="k1", n=7),
    Spec(key="k2", address="bob@shop.example"),
    Spec(poison="1e4000"),
    Spec(poison="\U0001f44b\u202e", type="promo", n=2),
    Spec(address=UNARCHIVABLE_ADDRESS),
    Spec(address=UNARCHIVABLE_ADDRESS, language="fr"),
)
BAD: tuple[Any, ...] = (
    {"type": "order", "email": "ann@", "ctx": {}, "idempotency_key": "k1"},
    {"type": "order", "email": "ann@shop.example"},
    {"type": "order", "email": "ann@shop.example", "ctx": {"name": "a\u0000b"}},
    {"type": "order", "email": "ann@shop.example", "ctx": {"name": "\ud800"}},
    {"type": "order", "email": "ann@shop.example", "ctx": {}, "external_id": "x" * 4000},
    {"type": "order", "email": "ann@shop.example", "ctx": {}, "mobile_phone": "漢" * 1000},
    {"type": "order", "email": "ann@shop.example", "ctx": {}, "replay_of": 1},
    42,
)
# Numbers have to be written as they are: Python has none like it.
RAW = {json.dumps(number): number for number in ("1e4000",)}


def as_json(events: list[Any]) -> str:
    """Return the argument of ``push_events``."""
    text = json.dumps([event.content() if isinstance(event, Spec) else event for event in events])
    for quoted, number in RAW.items():
        text = text.replace(quoted, number)
    return text
