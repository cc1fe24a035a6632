"""A template put together from its folders: what a language does not repeat, it has from the default one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from message_center.channels import CHANNELS
from message_center.templates.fields import TemplateFields, VariantFields
from message_center.templates.model import PUBLISHED_PARTS, LanguageVariant, MessageTemplate
from message_center.templates.problems import Problems
from message_center.templates.sources import HTML, JSON, SETTINGS_FILE, TEXT, Source, check_bodies, read_source

# An event type names a file, a task, and a function in PostgreSQL, which cuts longer names off.
NAME = re.compile(r"[\w.-]{1,63}", re.ASCII)
NAME_PROBLEM = "is no name of up to 63 letters, digits, '_', '-' and '.'. Rename it"
# Routing compares it letter by letter with the language of an event.
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")

BODY_PARTS = {TEXT: "text_body", JSON: "text_body", HTML: "html_body"}
HEADER_PARTS = ("sender", "reply_to", "subject")


def subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder that are not hidden: templates, or the languages of one."""
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def read_template(folder: Path, problems: Problems) -> MessageTemplate | None:
    """Return the template of a folder; nothing if its problems leave too little of it."""
    if not NAME.fullmatch(folder.name):
        problems.add(folder, "", NAME_PROBLEM)
    if not (folder / SETTINGS_FILE).exists():
        problems.add(folder / SETTINGS_FILE, "", "is missing. A folder without it is no template")
        return None
    default = read_source(folder, TemplateFields, problems)
    others = [read_source(other, VariantFields, problems) for other in subfolders(folder)]
    for other in others:
        if not LANGUAGE_TAG.fullmatch(other.folder.name):
            problems.add(other.folder, "", "is no language tag such as fr, pt-BR or zh-Hant. Rename the folder")
    if default.fields is None:
        return None
    check_bodies(default.fields.channel, default, None, problems)
    for other in others:
        check_bodies(default.fields.channel, other, default.bodies, problems)
    return _template(default, default.fields, others)


def _template(
    default: Source[TemplateFields], fields: TemplateFields, others: Sequence[Source[VariantFields]]
) -> MessageTemplate | None:
    channel = CHANNELS[fields.channel]
    first = _default_variant(default, {"type": fields.event_type, "wished_channel": channel, **_sample(fields)})
    if first is None:
        return None
    variants = {other.folder.name: _variant(other, other.fields, first) for other in others if other.fields}
    return MessageTemplate(
        internal_name=default.folder.name,
        event_type=fields.event_type,
        wished_channel=channel,
        priority=fields.priority,
        condition=fields.condition,
        active=fields.active,
        hands_on_trace=fields.hands_on_trace,
        languages={"": first, **variants},
    )


def _default_variant(source: Source[TemplateFields], sample: dict[str, Any]) -> LanguageVariant | None:
    parts = {**dict.fromkeys(PUBLISHED_PARTS), **_parts(source)}
    if parts["text_body"] is None:
        return None
    settings = source.folder / SETTINGS_FILE
    files = {**dict.fromkeys((*PUBLISHED_PARTS, "sample"), settings), **_files(source)}
    return LanguageVariant(source.folder, **parts, sample=sample, files=files)


def _variant(source: Source[VariantFields], fields: VariantFields, default: LanguageVariant) -> LanguageVariant:
    language = source.folder.name
    parts = {part: getattr(default, part) for part in PUBLISHED_PARTS} | _parts(source)
    of_template = {name: default.sample[name] for name in ("type", "wished_channel")}
    if fields.sample is None:
        sample = {**default.sample, "language": language}
    else:
        sample = {**of_template, "language": language, **_sample(fields)}
    return LanguageVariant(source.folder, **parts, sample=sample, files={**default.files, **_files(source)})


def _parts(source: Source[VariantFields]) -> dict[str, Any]:
    """Return the parts that a folder has of its own."""
    headers = {part: getattr(source.fields, part) for part in HEADER_PARTS}
    bodies = {BODY_PARTS[name]: body for name, body in source.bodies.items()}
    return {part: value for part, value in {**headers, **bodies}.items() if value is not None}


def _files(source: Source[VariantFields]) -> dict[str, Path]:
    """Return the files of the parts that a folder has of its own."""
    settings = source.folder / SETTINGS_FILE
    files = {part: settings for part in _parts(source) if part in HEADER_PARTS}
    if source.fields and source.fields.sample:
        files["sample"] = settings
    return files | {BODY_PARTS[name]: source.folder / name for name in source.bodies}


def _sample(fields: VariantFields) -> dict[str, Any]:
    return fields.sample.model_dump(exclude_none=True) if fields.sample else {}
