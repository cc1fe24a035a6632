"""Templates and their languages, and where the faults are, as a table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.table import Table

from message_center.project import shown
from message_center.templates.faults import TemplateFault
from message_center.templates.files import TemplateFolder, template_names
from message_center.templates.languages import subfolders


def overview(loaded: TemplateFolder) -> Table:
    """Return a row per template, and a column per language, with the number of faults."""
    languages = {
        name: ["", *(path.name for path in subfolders(loaded.path / name))] for name in template_names(loaded.path)
    }
    columns = sorted({language for found in languages.values() for language in found})
    counts = Counter(place(each, loaded.path) for each in loaded.faults)
    table = Table("Template", "Event type", *(language or "default" for language in columns))
    for name, found in languages.items():
        template = loaded.templates.get(name)
        cells = [_cell(counts[name, language], language in found) for language in columns]
        table.add_row(name, template.event_type if template else "?", *cells)
    return table


def place(each: TemplateFault, folder: Path) -> tuple[str, str]:
    """Return the template and the language that a fault is of."""
    file = Path(each.file)
    if not file.is_relative_to(shown(folder)):
        return "", ""
    name, *below = (*file.relative_to(shown(folder)).parts, "")
    is_language = bool(below) and (folder / name / below[0]).is_dir()
    return name, below[0] if is_language else ""


def _cell(faults: int, exists: bool) -> str:
    if not exists:
        return ""
    return f"[red]{faults} fault{'s' * (faults > 1)}[/]" if faults else "[green]ok[/]"
