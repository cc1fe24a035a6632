"""Message templates as people look at them: what is live where, the versions of one, and how two of them differ."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.events.errors import UnknownThingError
from message_center.sql import statement

Connection = psycopg.Connection[Any]
Row = dict[str, Any]

PARTS = ("sender", "reply_to", "subject", "text_body", "html_body")


def overview(control: Connection) -> list[Row]:
    """Return the templates that were ever published, with what is current of each."""
    return control.cursor(row_factory=dict_row).execute(statement("control/templates_overview")).fetchall()


def here(execution: Connection) -> Row:
    """Return what is live on an instance (``versions`` by name), and which event types are ``stopped``, and why."""
    (row,) = execution.cursor(row_factory=dict_row).execute(statement("execution/templates_here")).fetchall()
    return row


def publications(control: Connection, limit: int) -> list[Row]:
    """Return the latest publications."""
    rows = control.cursor(row_factory=dict_row)
    return rows.execute(statement("control/publications"), {"limit": limit}).fetchall()


def history(control: Connection, name: str) -> list[Row]:
    """
    Return the publications that name a template, the latest first.

    :raises UnknownThingError: if there is none.
    """
    rows = control.cursor(row_factory=dict_row)
    found = rows.execute(statement("control/template_history"), {"name": name}).fetchall()
    if not found:
        raise UnknownThingError(f"No template {name!r} was ever published.", "Look for its name on the page Templates.")
    return found


def contents(control: Connection, name: str, *versions: int) -> dict[int, Row]:
    """
    Return versions of a template as they were published.

    :raises UnknownThingError: if one of them is none.
    """
    given = {"name": name, "versions": list(versions)}
    rows = control.execute(statement("control/template_contents"), given).fetchall()
    found = {version: _object(content) for version, content in rows}
    for version in versions:
        if version not in found:
            problem = f"Template {name!r} has no version {version}."
            raise UnknownThingError(problem, "Choose one of its versions on the page Templates.")
    return found


def difference(control: Connection, name: str, old: int, new: int) -> str:
    """
    Return how two versions of a template differ, as a unified diff; empty where they do not.

    :raises UnknownThingError: if one of them is none.
    """
    found = contents(control, name, old, new)
    one, other = ([*_lines(found[version])] for version in (old, new))
    old_name, new_name = (f"{name}, version {version}" for version in (old, new))
    return "\n".join(difflib.unified_diff(one, other, old_name, new_name, lineterm=""))


def _object(content: Any) -> Row:
    """Return what is no template, and should be one, so that people see it."""
    return content if isinstance(content, dict) else {"content": content}


def _lines(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield a template as lines: its settings, and each part of each language under its name."""
    for name, value in sorted(content.items()):
        if name != "languages" and value is not None:
            yield from f"{name}: {_text(value)}".splitlines()
    for language, variant in sorted(_object(content.get("languages")).items()):
        for part in PARTS if isinstance(variant, dict) else ():
            if variant.get(part) is not None:
                yield f"── {part}{f' ({language})' if language else ''} ──"
                yield from str(variant[part]).splitlines()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
