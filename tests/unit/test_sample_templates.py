"""The sample templates take every sample event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from message_center.rendering.email import render_email
from message_center.rendering.mime import wire
from message_center.templates.files import read_templates
from message_center.templates.model import MessageTemplate
from message_center.templates.preview import claimed_event, deliverable, language_for
from support.process import REPOSITORY

EVENTS = REPOSITORY / "include" / "samples" / "events.jsonl"


def sample_events() -> list[dict[str, Any]]:
    with EVENTS.open(encoding="utf-8") as lines:
        return [row["event"] for row in map(json.loads, lines) if row["expected"] == "Sent"]


@pytest.fixture(scope="module")
def by_type() -> dict[str, MessageTemplate]:
    return {template.event_type: template for template in read_templates().templates.values()}


def test_every_sample_event_renders(by_type: dict[str, MessageTemplate]) -> None:
    for event in sample_events():
        template = by_type[event["type"]]
        rendered = deliverable(template, language_for(template, event))
        assert b"{{" not in wire(render_email(rendered, claimed_event(template, event)))
