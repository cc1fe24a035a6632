"""Which events are meant: by a person who searches, and by an act on all that match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class EventFilter:
    """
    Which events are meant; what is empty may be anything.

    :param address: an e-mail address in whatever case, a phone number or a token.
    :param templates: internal names.
    :param since: pushed at this time or later, and before ``until``.
    """

    ids: Sequence[int] = ()
    external_id: str | None = None
    address: str | None = None
    types: Sequence[str] = ()
    statuses: Sequence[str] = ()
    templates: Sequence[str] = ()
    channel: int | None = None
    queue: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def for_instance(self) -> dict[str, Any]:
        """The filter as the functions of an execution instance read it."""
        return _without_empty(
            ids=[str(id_) for id_ in self.ids],
            type=list(self.types),
            status=list(self.statuses),
            template=list(self.templates),
            **self._alike,
        )

    @property
    def for_archive(self) -> dict[str, Any]:
        """The filter as the functions of the archive read it."""
        return _without_empty(
            ids=list(self.ids),
            types=list(self.types),
            statuses=list(self.statuses),
            templates=list(self.templates),
            **self._alike,
        )

    @property
    def _alike(self) -> dict[str, Any]:
        return {
            "external_id": self.external_id,
            "address": self.address and self.address.strip(),
            "channel": self.channel,
            "queue": self.queue,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }


def _without_empty(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value not in (None, "", [])}
