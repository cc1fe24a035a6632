"""The folder of one language of a template: its ``template.yaml`` and its bodies, as they stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from message_center.channels import CHANNELS, EMAIL
from message_center.templates.documents import read_text
from message_center.templates.faults import Faults
from message_center.templates.fields import VariantFields, read_fields, validated

SETTINGS_FILE = "template.yaml"
TEXT, HTML, JSON = "body.txt", "body.html", "body.json"
FILES = (SETTINGS_FILE, TEXT, HTML, JSON)
# Gmail shows the first 102 KiB of a message. What is larger than this has pictures or other files in it, which belong
# behind links: it would be kept by every engine, and go out with every message.
GREATEST_BODY_BYTES = 256 * 1024

Bodies = dict[str, str]
AnyFields = TypeVar("AnyFields", bound=VariantFields, covariant=True)


@dataclass(frozen=True)
class Source(Generic[AnyFields]):
    """
    What a language's folder holds.

    :param fields: empty if they have a fault.
    :param bodies: by file name.
    """

    folder: Path
    fields: AnyFields | None
    bodies: Bodies


def read_source(folder: Path, model: type[AnyFields], faults: Faults) -> Source[AnyFields]:
    """Return what a folder holds; without a ``template.yaml``, fields that say nothing."""
    file = folder / SETTINGS_FILE
    fields = None
    with faults.collected():
        fields = read_fields(file, model) if file.exists() else validated(model, {}, file)
    return Source(folder, fields, _read_bodies(folder, faults))


def _read_bodies(folder: Path, faults: Faults) -> Bodies:
    bodies = {}
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        if file.name in (TEXT, HTML, JSON):
            bodies[file.name] = ""
            with faults.collected():
                bodies[file.name] = read_text(file)
            _check_size(file, bodies[file.name], faults)
        elif file.name != SETTINGS_FILE and file.stem.lower() in ("body", "template"):
            faults.add(file, "", f"is no file of a template. Name it as one of {', '.join(FILES)}")
    return bodies


def check_bodies(channel: str, source: Source[VariantFields], default: Bodies | None, faults: Faults) -> None:
    """
    Find the bodies that are missing or too many.

    :param default: the bodies of the default language, if this is another one.
    """
    if CHANNELS[channel] == EMAIL:
        _check_email_bodies(source.folder, source.bodies, default, faults)
        return
    found = source.bodies.keys()
    if HTML in found:
        faults.add(source.folder / HTML, "", f"is for e-mails only, not for {channel}. Remove it")
    if {TEXT, JSON} <= found:
        faults.add(source.folder / JSON, "", f"is the second body, besides {TEXT}. Keep one of the two")
    elif default is None and not {TEXT, JSON} & found:
        faults.add(source.folder / TEXT, "", f"is missing. A message for {channel} has one body, {TEXT} or {JSON}")


def _check_email_bodies(folder: Path, bodies: Bodies, default: Bodies | None, faults: Faults) -> None:
    if JSON in bodies:
        faults.add(folder / JSON, "", f"is not for e-mails. Write {TEXT}, and {HTML} if you like")
    if default is None:
        if TEXT not in bodies:
            faults.add(folder / TEXT, "", "is missing. Every e-mail has a text part, for those who read no HTML")
        return
    translated = {TEXT, HTML} & bodies.keys()
    for name in sorted(({TEXT, HTML} & default.keys()) - translated) if translated else ():
        faults.add(folder / name, "", "is missing, so the message would be in two languages. Translate this part too")


def _check_size(file: Path, body: str, faults: Faults) -> None:
    size = len(body.encode())
    if size > GREATEST_BODY_BYTES:
        limit = f"more than {GREATEST_BODY_BYTES // 1024} KiB"
        faults.add(file, "", f"has {size / 1024:.0f} KiB, {limit}. Put pictures behind links")
