"""The SQL files by name: ``include/sql`` of a checkout, beside this module in an installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from typing_extensions import LiteralString

from message_center.project import CHECKOUT

SQL_FOLDER = CHECKOUT / "include" / "sql" if CHECKOUT else Path(__file__).parent


@cache
def statement(name: str) -> LiteralString:
    """
    Return the SQL text of a file.

    :param name: its path below ``include/sql`` without the ending, e.g. ``execution/claim_deliveries``.
    :raises FileNotFoundError: if there is no such file.
    """
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
