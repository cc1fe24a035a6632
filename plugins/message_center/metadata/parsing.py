"""When our DAG files are parsed: as soon as something has changed of which they are made, and else seldom."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from airflow.models.dagbag import DagPriorityParsingRequest
from airflow.models.errors import ParseImportError
from airflow.utils.file import list_py_file_paths
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from message_center.project import project_folder

AGAIN_SECONDS = 25.0
"""
When a changed registry's parse is asked for a second time.

A DAG goes away once its file was parsed without it, a while after it was last parsed with it: Airflow's
``stale_dag_threshold``. The first parse may come too soon after the last one for that.
"""

ERROR_SECONDS = 15.0
"""How often a file with an import error is tried again: what it ran into may have passed."""


@dataclass
class Parsing:
    """
    Asks for the parses of a bundle's files.

    :param bundle: its name.
    :param folder: where the files are.
    """

    bundle: str
    folder: Path
    clock: Callable[[], float] = time.monotonic
    _templates: object = field(default=None, init=False)
    _again_at: float | None = field(default=None, init=False)
    _errors_at: float = field(default=0.0, init=False)

    def ask(self, session: Session, registry_has_changed: bool) -> None:
        """Ask the DAG processor for what has to be parsed now, in a refresh of the bundle."""
        if registry_has_changed:
            self._again_at = self.clock() + AGAIN_SECONDS
        is_due = self._again_at is not None and self.clock() >= self._again_at
        if is_due:
            self._again_at = None
        if registry_has_changed or is_due or self._templates_have_changed():
            self._request(
                session, [str(Path(file).relative_to(self.folder)) for file in list_py_file_paths(self.folder)]
            )
        elif self.clock() >= self._errors_at:
            self._errors_at = self.clock() + ERROR_SECONDS
            errors = select(ParseImportError.filename).where(ParseImportError.bundle_name == self.bundle)
            self._request(session, [name for name in session.scalars(errors) if name])

    def _templates_have_changed(self) -> bool:
        """The forms of the publication name the templates that there are."""
        folder = project_folder() / "include" / "templates"
        known, self._templates = self._templates, sorted((each.name, each.stat().st_mtime) for each in folder.glob("*"))
        return known is not None and known != self._templates

    def _request(self, session: Session, names: Collection[str]) -> None:
        """Ask as Airflow's page does: the files are parsed at once and not when their turn comes."""
        asked = DagPriorityParsingRequest
        session.execute(delete(asked).where(asked.bundle_name == self.bundle, asked.relative_fileloc.in_(names)))
        session.add_all(asked(self.bundle, name) for name in names)
