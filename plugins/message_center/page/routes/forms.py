"""What the routes take and give, in the form of JSON: ids are texts, since JavaScript has no such numbers."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

from message_center.events.filters import EventFilter
from message_center.statuses import Status

READING: list[str | Enum] = ["reading"]
"""The tag of what asks by POST, so that addresses stand in no log of URLs, and changes nothing."""

Id = Annotated[int, PlainSerializer(str, return_type=str, when_used="json")]
"""The id of an event: a number or its text comes in, a text goes out."""

Channel = Literal[0, 1, 41, 42]
Queue = Literal["rt", "batch"]
Name = Annotated[str, Field(min_length=1, max_length=2048)]


def _with_zone(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


Moment = Annotated[datetime, AfterValidator(_with_zone)]
"""A time; without an offset it is UTC."""


class Strict(BaseModel):
    """What comes in: a misspelt key is refused."""

    model_config = ConfigDict(extra="forbid")


class FilterForm(Strict):
    """Which events are meant; see :class:`message_center.events.filters.EventFilter`."""

    ids: Annotated[list[Id], Field(max_length=10_000)] = []
    external_id: Name | None = None
    address: Name | None = None
    types: list[Name] = []
    statuses: list[Status] = []
    templates: list[Name] = []
    channel: Channel | None = None
    queue: Queue | None = None
    since: Moment | None = None
    until: Moment | None = None

    @property
    def wanted(self) -> EventFilter:
        """The filter."""
        return EventFilter(**{name: getattr(self, name) for name in FilterForm.model_fields})


class SilenceForm(BaseModel):
    """Why somebody has not answered, and what to do."""

    model_config = ConfigDict(from_attributes=True)
    detail: str
    remedy: str
