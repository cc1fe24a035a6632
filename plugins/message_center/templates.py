"""Put message templates in place from files. Publication proper, with its checks, is another matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.rows import DictRow, dict_row

from message_center.statements import statement

TEMPLATE_FOLDER = Path(__file__).resolve().parents[2] / "include" / "templates"
FIELDS = ("event_type", "wished_channel", "language", "sender", "reply_to", "subject")


def read_templates(folder: Path = TEMPLATE_FOLDER) -> list[dict[str, Any]]:
    """
    Return the templates of a folder: ``<internal_name>/template.yaml``, ``body.txt``, ``body.html``.

    A translation is in a folder below, named by its language, and repeats only what differs.
    """
    templates = []
    for path in sorted(folder.glob("*/template.yaml")):
        template = _read(path.parent, {"internal_name": path.parent.name, "wished_channel": 0, "language": ""})
        templates.append(template)
        templates += [
            _read(translation.parent, template | {"language": translation.parent.name})
            for translation in sorted(path.parent.glob("*/template.yaml"))
        ]
    return templates


def place_templates(connection: psycopg.Connection[Any], templates: list[dict[str, Any]] | None = None) -> int:
    """
    Insert the templates for both queues, each with the next version; what is in place unchanged stays.

    :param templates: as :func:`read_templates` returns them; by default those of ``include/templates``.
    :returns: how many rows were inserted.
    """
    placed = 0
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        for template in read_templates() if templates is None else templates:
            placed += _place(cursor, template)
    return placed


def _place(cursor: psycopg.Cursor[DictRow], template: dict[str, Any]) -> int:
    cursor.execute(statement("execution/place_template"), template)
    return cursor.rowcount


def _read(folder: Path, defaults: dict[str, Any]) -> dict[str, Any]:
    settings = yaml.safe_load((folder / "template.yaml").read_text(encoding="utf-8")) or {}
    if unknown := settings.keys() - set(FIELDS):
        raise ValueError(f"{folder / 'template.yaml'}: unknown fields {', '.join(sorted(unknown))}")
    bodies = {
        field: path.read_text(encoding="utf-8") if path.exists() else None
        for field, path in (("text_body", folder / "body.txt"), ("html_body", folder / "body.html"))
    }
    return dict.fromkeys(FIELDS) | defaults | settings | bodies
