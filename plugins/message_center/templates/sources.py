"""The folder of one language of a template: its ``template.yaml`` and its bodies, as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from message_center.channels import CHANNELS, EMAIL
from message_center.templates.documents import read_text
from message_center.templates.fields import VariantFields, read_fields, validated
from message_center.templates.problems import Problems

SETTINGS_FILE = "template.yaml"
TEXT, HTML, JSON = "body.txt", "body.html", "body.json"
FILES = (SETTINGS_FILE, TEXT, HTML, JSON)
# Gmail shows the first 102 KiB of a message. What is larger than this has pictures or other files in it, which belong
# behind links: it would be kept by every engine, and go out with every message.
MAX_BODY_BYTES = 256 * 1024

Bodies = dict[str, str]
AnyFields = TypeVar("AnyFields", bound=VariantFields, covariant=True)


@dataclass(frozen=True)
class Source(Generic[AnyFields]):
    """
    What a language's folder holds.

    :param fields: empty if they have a problem.
    :param bodies: by file name.
    """

    folder: Path
    fields: AnyFields | None
    bodies: Bodies


def read_source(folder: Path, model: type[AnyFields], problems: Problems) -> Source[AnyFields]:
    """Return what a folder holds; without a ``template.yaml``, fields that say nothing."""
    file = folder / SETTINGS_FILE
    fields = None
    with problems.collected():
        fields = read_fields(file, model) if file.exists() else validated(model, {}, file)
    return Source(folder, fields, _read_bodies(folder, problems))


def _read_bodies(folder: Path, problems: Problems) -> Bodies:
    bodies = {}
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        if file.name in (TEXT, HTML, JSON):
            bodies[file.name] = ""
            with problems.collected():
                bodies[file.name] = read_text(file)
            _check_size(file, bodies[file.name], problems)
        elif file.name != SETTINGS_FILE and file.stem.lower() in ("body", "template"):
            problems.add(file, "", f"is no file of a template. Name it as one of {', '.join(FILES)}")
    return bodies


def check_bodies(channel: str, source: Source[VariantFields], default: Bodies | None, problems: Problems) -> None:
    """
    Find the bodies that are missing or too many.

    :param default: the bodies of the default language, if this is another one.
    """
    if CHANNELS[channel] == EMAIL:
        _check_email_bodies(source.folder, source.bodies, default, problems)
        return
    found = source.bodies.keys()
    if HTML in found:
        problems.add(source.folder / HTML, "", f"is for e-mails only, not for {channel}. Remove it")
    if {TEXT, JSON} <= found:
        problems.add(source.folder / JSON, "", f"is the second body, besides {TEXT}. Keep one of the two")
    elif default is None and not {TEXT, JSON} & found:
        problems.add(source.folder / TEXT, "", f"is missing. A message for {channel} has one body, {TEXT} or {JSON}")


def _check_email_bodies(folder: Path, bodies: Bodies, default: Bodies | None, problems: Problems) -> None:
    if JSON in bodies:
        problems.add(folder / JSON, "", f"is not for e-mails. Write {TEXT}, and {HTML} if you like")
    if default is None:
        if TEXT not in bodies:
            problems.add(folder / TEXT, "", "is missing. Every e-mail has a text part, for those who read no HTML")
        return
    translated = {TEXT, HTML} & bodies.keys()
    for name in sorted(({TEXT, HTML} & default.keys()) - translated) if translated else ():
        problems.add(folder / name, "", "is missing, so the message would be in two languages. Translate this part too")


def _check_size(file: Path, body: str, problems: Problems) -> None:
    size = len(body.encode())
    if size > MAX_BODY_BYTES:
        limit = f"more than {MAX_BODY_BYTES // 1024} KiB"
        problems.add(file, "", f"has {size / 1024:.0f} KiB, {limit}. Put pictures behind links")
