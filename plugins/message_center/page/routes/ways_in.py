"""The ways in to an instance: who may enter through the doors, and the files that events are imported from."""

from __future__ import annotations

from fastapi import APIRouter
from psycopg.rows import class_row
from pydantic import BaseModel

from message_center.files.names import rejected_url
from message_center.page.databases import Execution
from message_center.page.deliveries import RECENT
from message_center.page.routes.forms import Moment
from message_center.sql import statement

router = APIRouter(prefix="/instances/{account}")

MAX_FILES = 50


class KeyRow(BaseModel):
    """A key of a caller by its id, which is no secret; until when it is good, ``None`` without an end."""

    id: str
    good_until: Moment | None


class CallerRow(BaseModel):
    """A caller, or one that was shut out and whose events are there; without a name who signs in to the instance."""

    name: str | None
    may_enter: bool
    may: list[str] | None
    event_types: list[str] | None
    queues: list[str] | None
    max_events_per_second: int | None
    created_at: Moment | None
    events: int
    last_push_at: Moment | None
    keys: list[KeyRow]


class CallersForm(BaseModel):
    """The callers, and among how many of the last events theirs are counted."""

    callers: list[CallerRow]
    recent: int = RECENT


class FileRow(BaseModel):
    """
    A file, and how far it has come.

    :param rejected_in: where its rejected records are, once it is at its end.
    """

    file: str
    begun_at: Moment
    records: int
    accepted: int
    rejected: int
    finished_at: Moment | None
    rejected_in: str | None = None


class FilesForm(BaseModel):
    """The files that are not at their end, and those that were put away last."""

    files: list[FileRow]
    most: int = MAX_FILES


@router.get("/callers")
def callers(execution: Execution) -> CallersForm:
    """Return who may enter through the doors, and when each has pushed."""
    rows = execution.cursor(row_factory=class_row(CallerRow))
    return CallersForm(callers=rows.execute(statement("execution/page_callers"), {"bound": RECENT}).fetchall())


@router.get("/files")
def files(execution: Execution) -> FilesForm:
    """Return the files that are imported, and those that were."""
    rows = execution.cursor(row_factory=class_row(FileRow))
    found = rows.execute(statement("execution/page_files"), {"bound": MAX_FILES}).fetchall()
    for row in found:
        if row.finished_at and row.rejected:
            row.rejected_in = rejected_url(row.file, row.begun_at)
    return FilesForm(files=found)
