"""Why an event got the template that it got, and not another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Candidate = Mapping[str, Any]


def named(template: Mapping[str, Any]) -> str:
    """Return a template's name with version and language, as ``welcome, version 3 (fr)``."""
    language = f" ({template['language']})" if template.get("language") else ""
    return f"{template['internal_name']}, version {template['version']}{language}"


def why(template_id: int | None, candidates: Sequence[Candidate], language: str | None) -> str:
    """
    Return in words why routing chose a template.

    :param candidates: what was published at that time, in the order in which routing tries them.
    """
    chosen = next((each for each in candidates if each["id"] == template_id), None)
    if chosen is None:
        return "What was published at that time is not known any more: it was published anew, or unpublished."
    first = candidates[: candidates.index(chosen)]
    others = [each for each in candidates if each["internal_name"] != chosen["internal_name"]]
    if not others:
        reason = "It is the only template for this event type, channel and queue"
    elif conditions := [each for each in first if each["condition"]]:
        skipped = "; ".join(f"{named(each)}: {each['condition']}" for each in conditions)
        reason = f"What comes before it has a condition that did not hold ({skipped})"
    elif chosen["priority"] > max(each["priority"] for each in others):
        reason = f"Of the candidates it has the highest priority, {chosen['priority']}"
    else:
        reason = "Of the candidates with the highest priority it is the most recently published"
    if chosen["condition"]:
        reason += f", and its condition held: {chosen['condition']}"
    if chosen["language"]:
        reason += f"; and it is in the event's language, {language}"
    elif language:
        reason += f"; it has no variant in the event's language, {language}"
    return f"{reason}."
