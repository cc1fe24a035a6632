"""A message template, in all its languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

PUBLISHED_PARTS = ("sender", "reply_to", "subject", "html_body", "text_body")


class Enrichment(TypedDict):
    """What adds to the ctx of a type's events: an SQL statement, or a callable as ``module:name``."""

    kind: Literal["sql", "python"]
    source: str


@dataclass(frozen=True)
class LanguageVariant:
    """
    A template in one language, whole: with what it has from the default language.

    :param folder: the language's own.
    :param text_body: the text of an e-mail; for other channels the one body, text or JSON.
    :param sample: an event as it is pushed, in this language.
    :param files: the file that each part comes from, by the name of the part.
    """

    folder: Path
    sender: str | None
    reply_to: str | None
    subject: str | None
    html_body: str | None
    text_body: str
    sample: Mapping[str, Any]
    files: Mapping[str, Path]

    @property
    def is_json(self) -> bool:
        """Whether the body has to render to JSON."""
        return self.files["text_body"].suffix == ".json"


@dataclass(frozen=True)
class MessageTemplate:
    """
    A message template.

    :param wished_channel: the channel's code: 0 e-mail, 1 mobile, 41 iOS, 42 Android.
    :param condition: a PostgreSQL jsonpath predicate on the event; ``None``: always.
    :param active: whether it is published.
    :param hands_on_trace: whether an e-mail's headers have the event's ``traceparent``.
    :param languages: by language tag; ``""`` is the default language, which is always there.
    """

    internal_name: str
    event_type: str
    wished_channel: int
    priority: int
    condition: str | None
    active: bool
    languages: Mapping[str, LanguageVariant]
    hands_on_trace: bool = False

    @property
    def sample(self) -> Mapping[str, Any]:
        """The sample event of the default language."""
        return self.languages[""].sample


def content(template: MessageTemplate, enrichment: Enrichment | None) -> dict[str, Any]:
    """Return what is published of a template: see ``deploy_template`` in the execution schema."""
    # Only where it is so: what was published before has no such key, and has not changed.
    trace = {"hands_on_trace": True} if template.hands_on_trace else {}
    return {
        **trace,
        "event_type": template.event_type,
        "wished_channel": template.wished_channel,
        "priority": template.priority,
        "condition": template.condition,
        "enrichment": None if enrichment is None else dict(enrichment),
        "languages": {
            language: {part: getattr(variant, part) for part in PUBLISHED_PARTS}
            for language, variant in sorted(template.languages.items())
        },
    }
