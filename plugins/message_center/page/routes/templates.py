"""Message templates: what is live where, who published it and why, and how versions differ."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from message_center.events import templates
from message_center.page.databases import Control, accounts, open_execution
from message_center.page.routes.forms import Moment, SilenceForm
from message_center.page.searching import ask_all
from message_center.page.side_by_side import Silence

router = APIRouter(prefix="/templates")


class PublishedForm(BaseModel):
    """What a publication did, who asked for it and why; ``override_reason``: although something was missing."""

    publication: int
    version: int | None
    action: str
    requested_by: str
    comment: str | None
    published_at: Moment
    override_reason: str | None


class TemplateRow(PublishedForm):
    """
    A template, and what is current of it.

    ``live``: its version by account; ``behind``: the accounts that have another one, or none.
    """

    internal_name: str
    event_type: str | None
    channel: int
    languages: list[str]
    live: dict[str, int | None]
    behind: list[str]
    stopped: dict[str, str]


class TemplatesForm(BaseModel):
    """The templates, and who could not be asked."""

    templates: list[TemplateRow]
    silent: dict[str, SilenceForm]


class HistoryRow(PublishedForm):
    """A publication of a template; ``missing``: what was missing when it was overridden."""

    missing: list[str] | None


class PublicationRow(BaseModel):
    """A publication with its templates and the version of each; none: unpublished."""

    number: int
    action: str
    requested_by: str
    comment: str | None
    published_at: Moment
    override_reason: str | None
    missing: list[str] | None
    templates: dict[str, int | None]


class DifferenceForm(BaseModel):
    """A unified diff; empty where the versions are the same."""

    diff: str


@router.get("")
def all_templates(control: Control) -> TemplatesForm:
    """Return what is live where."""
    answers = ask_all({account: partial(_here, account) for account in accounts()})
    live = {account: answer for account, answer in answers.items() if not isinstance(answer, Silence)}
    silent = {account: asdict(answer) for account, answer in answers.items() if isinstance(answer, Silence)}
    rows = [TemplateRow.model_validate(row | _where(row, live)) for row in templates.overview(control)]
    return TemplatesForm.model_validate({"templates": rows, "silent": silent})


@router.get("/publications")
def latest_publications(control: Control, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[PublicationRow]:
    """Return the latest publications."""
    return [PublicationRow.model_validate(row) for row in templates.publications(control, limit)]


@router.get("/{name}")
def one_template(name: str, control: Control) -> list[HistoryRow]:
    """Return the publications of a template, the latest first."""
    return [HistoryRow.model_validate(row) for row in templates.history(control, name)]


@router.get("/{name}/versions/{version}")
def one_version(name: str, version: int, control: Control) -> dict[str, Any]:
    """Return a version as it was published."""
    return templates.contents(control, name, version)[version]


@router.get("/{name}/difference")
def difference(
    name: str, control: Control, old: Annotated[int, Query(ge=1)], new: Annotated[int, Query(ge=1)]
) -> DifferenceForm:
    """Return how two versions differ."""
    return DifferenceForm(diff=templates.difference(control, name, old, new))


def _here(account: str) -> dict[str, Any]:
    with closing(open_execution(account)) as execution:
        return templates.here(execution)


def _where(row: dict[str, Any], live: dict[str, dict[str, Any]]) -> dict[str, Any]:
    versions = {account: there["versions"].get(row["internal_name"]) for account, there in live.items()}
    return {
        "live": versions,
        "behind": sorted(account for account, version in versions.items() if version != row["version"]),
        "stopped": {
            account: there["stopped"][row["event_type"]]
            for account, there in live.items()
            if row["event_type"] in there["stopped"]
        },
    }
