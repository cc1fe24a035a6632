"""A template and an event as the delivery sees them: what the check, the preview and the proof have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

from pydantic import TypeAdapter

from message_center.channels import ADDRESS_FIELDS
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate
from message_center.templates.model import PUBLISHED_PARTS, MessageTemplate

# No instance gives it: their identifiers, the top byte of an event's id, begin at 1.
NO_EVENT = 0

_CLAIMED = {field.name for field in fields(ClaimedEvent)}
_MOMENT = TypeAdapter(datetime)


def deliverable(template: MessageTemplate, language: str) -> DeployedTemplate:
    """Return a template in one language in the form that the delivery renders."""
    variant = template.languages[language]
    parts = {part: getattr(variant, part) for part in PUBLISHED_PARTS}
    return DeployedTemplate(id=0, internal_name=template.internal_name, version=0, language=language, **parts)


def claimed_event(template: MessageTemplate, event: Mapping[str, Any]) -> ClaimedEvent:
    """
    Return an event in the form that the delivery renders.

    :param event: its fields, as it is pushed or as they are in the database.
    """
    given = {name: value for name, value in event.items() if name in _CLAIMED and value is not None}
    claim = {
        "queue": "rt",
        "type": template.event_type,
        "language": None,
        "country": None,
        "email_format": 0,
        "external_id": None,
        "origin": None,
        "account": "sample",
        **given,
        "event_id": event.get("id") or NO_EVENT,
        "address": event.get(ADDRESS_FIELDS[template.wished_channel]) or "",
        "created_at": _MOMENT.validate_python(event.get("created_at") or datetime.now(timezone.utc)),
        "template_id": 0,
        "tries": 1,
    }
    return ClaimedEvent(**claim)


def language_for(template: MessageTemplate, event: Mapping[str, Any]) -> str:
    """Return the language in which the event would get the template, as routing chooses it."""
    language = event.get("language") or ""
    return language if language in template.languages else ""
