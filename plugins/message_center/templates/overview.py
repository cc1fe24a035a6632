"""Templates and their languages, and where the problems are, as a table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from message_center.project import shown
from message_center.templates.files import TemplateFolder, template_names
from message_center.templates.languages import subfolders
from message_center.templates.problems import TemplateProblem


def overview(loaded: TemplateFolder) -> Table:
    """Return a row per template, and a column per language, with the number of problems."""
    languages = {
        name: ["", *(path.name for path in subfolders(loaded.path / name))] for name in template_names(loaded.path)
    }
    columns = sorted({language for found in languages.values() for language in found})
    counts = Counter(location(each, loaded.path) for each in loaded.problems)
    table = Table("Template", "Event type", *(escape(language) or "default" for language in columns))
    for name, found in languages.items():
        template = loaded.templates.get(name)
        cells = [_cell(counts[name, language], language in found) for language in columns]
        table.add_row(escape(name), escape(template.event_type) if template else "?", *cells)
    return table


def location(each: TemplateProblem, folder: Path) -> tuple[str, str]:
    """Return the template and the language that a problem is of."""
    file = Path(each.file)
    if not file.is_relative_to(shown(folder)):
        return "", ""
    name, *below = (*file.relative_to(shown(folder)).parts, "")
    is_language = bool(below) and (folder / name / below[0]).is_dir()
    return name, below[0] if is_language else ""


def _cell(problems: int, exists: bool) -> str:
    if not exists:
        return ""
    return f"[red]{problems} problem{'s' * (problems > 1)}[/]" if problems else "[green]ok[/]"
