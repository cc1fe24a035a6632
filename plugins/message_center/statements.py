"""The SQL files of ``include/sql``, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from typing_extensions import LiteralString

SQL_FOLDER = Path(__file__).resolve().parents[2] / "include" / "sql"


@cache
def statement(name: str) -> LiteralString:
    """
    Return the SQL text of ``include/sql/<name>.sql``.

    :param name: path below ``include/sql`` without the ending, e.g. ``execution/route_events``.
    :raises FileNotFoundError: if there is no such file.
    """
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
