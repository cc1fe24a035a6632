"""The sample templates take every sample event, and go into place as versions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psycopg

from message_center.delivery.message import wire
from message_center.delivery.rendering import ClaimedEvent, Template, render
from message_center.templates import place_templates, read_templates

EVENTS = Path(__file__).resolve().parents[2] / "include" / "samples" / "events.jsonl"


def sample_events() -> list[dict[str, Any]]:
    with EVENTS.open(encoding="utf-8") as lines:
        return [row["event"] for row in map(json.loads, lines) if row["expected"] == "Sent"]


def claimed(event: dict[str, Any]) -> ClaimedEvent:
    empty = {"language": None, "country": None, "email_format": 0, "external_id": None, "origin": None}
    known = {field.name for field in fields(ClaimedEvent)}
    return ClaimedEvent(
        event_id=1,
        queue="rt",
        address=event["email"],
        created_at=datetime.now(timezone.utc),
        template_id=1,
        tries=1,
        **{key: value for key, value in {**empty, **event}.items() if key in known},
    )


def test_every_sample_event_renders() -> None:
    known = {field.name for field in fields(Template)}
    templates = {
        (read["event_type"], read["language"]): Template(
            id=1, version=1, **{key: value for key, value in read.items() if key in known}
        )
        for read in read_templates()
    }
    assert set(templates) == {
        ("order_confirmation", ""), ("order_confirmation", "fr"), ("password_reset", ""),
        ("shipping_notice", ""), ("invoice_ready", ""),
    }  # fmt: skip
    for event in sample_events():
        language = event.get("language") or ""
        template = templates.get((event["type"], language)) or templates[event["type"], ""]
        assert b"{{" not in wire(render(template, claimed(event)))


def test_placing_twice_changes_nothing_and_an_edit_makes_a_version(execution: psycopg.Connection) -> None:
    templates = read_templates()
    assert place_templates(execution, templates) == 10
    assert place_templates(execution, templates) == 0
    templates[0]["subject"] = "Edited"
    assert place_templates(execution, templates) == 2
    rows = execution.execute(
        "select queue::text, version from message_center.message_template where internal_name = %s and language = ''",
        [templates[0]["internal_name"]],
    ).fetchall()
    assert Counter(rows) == Counter([("rt", 1), ("rt", 2), ("batch", 1), ("batch", 2)])
