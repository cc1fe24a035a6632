"""
The folder of message templates, and the enrichments that belong to it.

``event_types.yaml`` names the event types. ``<internal_name>/`` is a template: ``template.yaml``, its bodies, and a
folder for each further language, which repeats only what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from message_center.project import project_folder
from message_center.templates.checks import check
from message_center.templates.documents import read_text
from message_center.templates.fields import EventTypes, read_fields
from message_center.templates.languages import NAME, NAME_PROBLEM, read_template, subfolders
from message_center.templates.model import Enrichment, MessageTemplate, content
from message_center.templates.problems import Problems, TemplateProblem, TemplateProblemsError

INCLUDE_FOLDER = project_folder() / "include"
TEMPLATE_FOLDER = INCLUDE_FOLDER / "templates"
ENRICHMENT_FOLDER = INCLUDE_FOLDER / "sql" / "enrichment"
EVENT_TYPES_FILE = "event_types.yaml"
CALLABLES_SETTING = "[message_center] enrichment_callables"


@dataclass(frozen=True)
class TemplateFolder:
    """
    What a folder of templates holds.

    :param templates: by internal name.
    :param event_types: the label of each event type.
    :param enrichments: by event type; most have none.
    :param problems: what is wrong; what has a problem may be missing above.
    """

    path: Path
    templates: dict[str, MessageTemplate] = field(default_factory=dict)
    event_types: dict[str, str] = field(default_factory=dict)
    enrichments: dict[str, Enrichment] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    def content(self, internal_name: str) -> dict[str, Any]:
        """Return what is published of a template."""
        template = self.templates[internal_name]
        return content(template, self.enrichments.get(template.event_type))


def template_names(folder: Path = TEMPLATE_FOLDER) -> list[str]:
    """Return the internal names of the templates, without opening a file."""
    return [path.name for path in subfolders(folder)]


def event_type_names(folder: Path = TEMPLATE_FOLDER) -> list[str]:
    """Return the names of the event types; none if their file has a problem, which :func:`read_templates` tells."""
    return sorted(_event_types(folder / EVENT_TYPES_FILE, Problems()))


def read_templates(
    folder: Path = TEMPLATE_FOLDER,
    *,
    callables: Mapping[str, str] | None = None,
    enrichment_folder: Path = ENRICHMENT_FOLDER,
) -> TemplateFolder:
    """
    Return the templates of a folder, all of them checked.

    :param callables: the enrichment callable of event types that have one, as ``module:name``.
    :param enrichment_folder: holds the SQL enrichments, ``<event_type>.sql``.
    :raises TemplateProblemsError: listing every problem.
    """
    loaded = load_templates(folder, callables=callables, enrichment_folder=enrichment_folder)
    if loaded.problems:
        raise TemplateProblemsError(loaded.problems)
    return loaded


def load_templates(
    folder: Path = TEMPLATE_FOLDER,
    *,
    callables: Mapping[str, str] | None = None,
    enrichment_folder: Path = ENRICHMENT_FOLDER,
) -> TemplateFolder:
    """Return what :func:`read_templates` does, with the problems inside instead of raised."""
    problems = Problems()
    event_types = _event_types(folder / EVENT_TYPES_FILE, problems)
    enrichments = _enrichments(enrichment_folder, callables or {}, event_types, problems)
    read = [read_template(path, problems) for path in subfolders(folder)]
    templates = {template.internal_name: template for template in read if template}
    for template in templates.values():
        problems += check(template, event_types)
    return TemplateFolder(folder, templates, event_types, enrichments, problems)


def _event_types(file: Path, problems: Problems) -> dict[str, str]:
    event_types: dict[str, str] = {}
    if not file.exists():
        problems.add(file, "", "is missing. Write a line for each event type, name: label")
    else:
        with problems.collected():
            event_types = read_fields(file, EventTypes).root
            if not event_types:
                problems.add(file, "", "names no event type. Write a line for each, name: label")
    for name in event_types:
        if not NAME.fullmatch(name):
            problems.add(file, name, NAME_PROBLEM)
    return event_types


def _enrichments(
    folder: Path, callables: Mapping[str, str], event_types: Mapping[str, str], problems: Problems
) -> dict[str, Enrichment]:
    enrichments = {event_type: Enrichment(kind="python", source=path) for event_type, path in callables.items()}
    unknown = f"names no event type of {EVENT_TYPES_FILE}. Add it there, or remove the enrichment"
    for event_type in sorted(callables.keys() - event_types.keys()):
        problems.append(TemplateProblem(CALLABLES_SETTING, event_type, unknown))
    for file in sorted(folder.glob("*.sql")):
        source = ""
        with problems.collected():
            source = read_text(file)
        if not source.strip():
            problems.add(file, "", "is empty. Write a SELECT of id and ctx from events, or remove it")
        if file.stem not in event_types:
            problems.add(file, "", unknown)
        if file.stem in callables:
            other = f"{CALLABLES_SETTING} has {callables[file.stem]}"
            problems.add(file, "", f"is the second enrichment of this event type: {other}. Keep one of the two")
        enrichments[file.stem] = Enrichment(kind="sql", source=source)
    return enrichments
