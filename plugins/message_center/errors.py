"""Errors in words."""

from __future__ import annotations


def one_line(told: object) -> str:
    """Return an error, or a text, as one line that a log and a database can hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(told)).split())
