"""What the tests of message templates share: a folder with one good template, to be spoilt."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from message_center.templates.files import TemplateFolder, read_templates
from message_center.templates.problems import TemplateProblemsError

EVENT_TYPES = "order: Order confirmed\nreset: Password reset\n"
SETTINGS = """\
event_type: order
from: Shop <orders@shop.example>
subject: "Order {{ ctx.number }}"
sample:
  email: ann@shop.example
  ctx: {number: "1242", name: Ann}
"""
PUSH_SETTINGS = """\
event_type: order
channel: ios
sample:
  registration_token: token-of-ann
  ctx: {number: "1242", name: Ann}
"""


def write(folder: Path, files: Mapping[str, str | None]) -> None:
    """Write files by their name below the folder; without a text the file is taken away."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(textwrap.dedent(text), encoding="utf-8")


def template_folder(folder: Path, files: Mapping[str, str | None] | None = None) -> Path:
    """Return a folder with the e-mail template ``welcome``, and these files put over it."""
    good = {
        "event_types.yaml": EVENT_TYPES,
        "welcome/template.yaml": SETTINGS,
        "welcome/body.txt": "Hello {{ ctx.name }}\n",
        "welcome/body.html": "<p>Hello {{ ctx.name }}</p>\n",
    }
    write(folder, good | dict(files or {}))
    return folder


def push_folder(folder: Path, files: Mapping[str, str | None]) -> Path:
    """Return a folder whose template ``welcome`` is a push message, with these bodies."""
    return template_folder(
        folder, {"welcome/template.yaml": PUSH_SETTINGS, "welcome/body.txt": None, "welcome/body.html": None, **files}
    )


def read(folder: Path, callables: Mapping[str, str] | None = None) -> TemplateFolder:
    """Read a folder, with the SQL enrichments from ``enrichment`` in it."""
    return read_templates(folder, callables=callables, enrichment_folder=folder / ".enrichment")


def problems(folder: Path, callables: Mapping[str, str] | None = None) -> list[str]:
    """Return the problems of a folder, their files named from it on."""
    with pytest.raises(TemplateProblemsError) as caught:
        read(folder, callables)
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]
