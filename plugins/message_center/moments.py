"""
Moments as PostgreSQL has them: it knows infinity and years that Python does not, and one such row must not take the
others away. What lies beyond Python's time is read as its end.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import psycopg
from psycopg.types.datetime import TimestamptzLoader
from pydantic import TypeAdapter, ValidationError

FIRST, LAST = (each.replace(tzinfo=timezone.utc) for each in (datetime.min, datetime.max))

# Python 3.10 reads no fraction of five digits, as PostgreSQL writes one of ten.
_READER = TypeAdapter(datetime)


def moment(text: str) -> datetime:
    """Return a moment that PostgreSQL has written as JSON."""
    try:
        return _READER.validate_python(text)
    except ValidationError:
        return _end_of(text)


def _end_of(text: str) -> datetime:
    return FIRST if text.startswith("-") or text.endswith("BC") else LAST


class _Loader(TimestamptzLoader):
    def load(self, data: Any) -> datetime:
        try:
            return super().load(data)
        except psycopg.DataError:
            return _end_of(bytes(data).decode())


def read_all_moments(connection: psycopg.Connection[Any]) -> None:
    """Let a connection read every moment that there can be."""
    connection.adapters.register_loader("timestamptz", _Loader)
