"""The control side of publication: what has been published, by whom, and what is current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from message_center.sql import statement

Action = Literal["publish", "unpublish", "rollback"]


class PublicationError(ValueError):
    """A publication that makes no sense; says what to do."""


@dataclass(frozen=True)
class Request:
    """
    What a DAG run asks for.

    :param run_id: names the publication: asked a second time, it is the same one.
    :param contents: publish: the content of each template by internal name.
    :param names: unpublish, rollback: the internal names; rollback without any: all of that version.
    :param version: rollback: the number of the publication to go back to.
    :param missing: what the preflight found missing, if it was overridden, and ``override_reason`` why.
    """

    action: Action
    run_id: str
    requested_by: str = "unknown"
    comment: str | None = None
    contents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    names: Sequence[str] = ()
    version: int | None = None
    event_types: Mapping[str, str] | None = None
    override_reason: str | None = None
    missing: Sequence[str] | None = None


@dataclass(frozen=True)
class Publication:
    """A recorded publication: its number, and the version of each of its templates; ``None``: unpublished."""

    number: int
    templates: dict[str, int | None]


def record(control: psycopg.Connection, request: Request) -> Publication:
    """
    Record a publication, in one transaction; the same run's is found again.

    :raises PublicationError: if there is nothing to publish, unpublish or go back to.
    """
    with control.transaction():
        control.execute(statement("control/lock_publications"))
        number = _number_of_run(control, request.run_id)
        if number is None:
            number = _new_publication(control, request)
        rows = control.execute(statement("control/published_templates"), {"number": number}).fetchall()
    return Publication(number, dict(rows))


def _number_of_run(control: psycopg.Connection, run_id: str) -> int | None:
    row = control.execute(statement("control/publication_of_run"), {"run_id": run_id}).fetchone()
    return row[0] if row else None


def _new_publication(control: psycopg.Connection, request: Request) -> int:
    row = control.execute(
        statement("control/new_publication"),
        {
            "action": request.action,
            "run_id": request.run_id,
            "requested_by": request.requested_by,
            "comment": request.comment,
            "override_reason": request.override_reason,
            "missing": None if request.missing is None else Jsonb(list(request.missing)),
        },
    ).fetchone()
    assert row is not None
    number = int(row[0])
    parameters = {
        "number": number,
        "contents": Jsonb(dict(request.contents)),
        "names": list(request.names),
        "version": request.version,
    }
    if request.event_types is not None:
        control.execute(statement("control/set_event_types"), {"event_types": Jsonb(dict(request.event_types))})
    steps = {"publish": "publish_templates", "unpublish": "unpublish_templates", "rollback": "roll_back_templates"}
    found = control.execute(statement(f"control/{steps[request.action]}"), parameters).rowcount
    if found < max(1, len(set(request.names))):
        raise PublicationError(_nothing(control, request, number))
    return number


def _nothing(control: psycopg.Connection, request: Request, number: int) -> str:
    if request.action == "publish":
        return "No template is chosen. Choose at least one that is active."
    names = ", ".join(request.names) or "any template"
    if request.action == "unpublish":
        return f"Nothing to unpublish: of {names}, not each is published."
    if 0 < (request.version or 0) < number:
        problem = f"Nothing to go back to: not each of {names} was published by then (publication {request.version})."
    else:
        problem = f"There is no publication {request.version} to go back to."
    return f"{problem} {_publications_before(control, number)}"


def _publications_before(control: psycopg.Connection, number: int) -> str:
    """Name the latest publications, as in ``2 · 2026-11-26 22:40 · admin · First welcome``; times in UTC."""
    rows = control.execute(statement("control/publications_before"), {"number": number}).fetchall()
    lines = [" · ".join(filter(None, (str(n), f"{at:%Y-%m-%d %H:%M}", by, comment))) for n, at, by, comment in rows]
    return "\n  ".join(["The latest are (times in UTC):", *lines]) if lines else "Nothing has been published yet."
