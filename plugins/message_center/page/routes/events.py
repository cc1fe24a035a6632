"""Search for events, and acts on one or all that match."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Any
from uuid import UUID

import psycopg
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from message_center.accounts.account import AccountError
from message_center.events import acts, places
from message_center.events.act_log import latest_acts
from message_center.page.databases import Execution, OwnedExecution, open_control
from message_center.page.routes.forms import READING, FilterForm, Id, Moment, SilenceForm, Strict
from message_center.page.routes.sides import AskedSides
from message_center.page.searching import accounts_with_events, beginning, search
from message_center.page.security import may_act, name_of
from message_center.workflows import RT_EVENTS_PROCESSING

router = APIRouter(prefix="/events")

LATEST_ACTS = 100

may_act_on_events = Depends(may_act(RT_EVENTS_PROCESSING))


class SearchForm(FilterForm):
    """A search: which events, of which accounts (none: all), and where it goes on."""

    accounts: list[str] = Field(default_factory=list)
    place: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class EventRow(BaseModel):
    """An event in a list."""

    account: str
    id: Id
    is_live: bool
    queue: str | None
    status: str | None
    status_reason: str | None
    type: str | None
    wished_channel: int | None
    address: str | None
    external_id: str | None
    replay_of: Id | None
    template: str | None
    template_version: int | None
    created_at: Moment | None
    scheduled: Moment | None
    process_requested_on: Moment | None
    processed_at: Moment | None
    modified_at: Moment | None


class FoundForm(BaseModel):
    """A page: its events, where the next one goes on, and who could not be asked."""

    events: list[EventRow]
    place: str | None
    silent: dict[str, SilenceForm]
    archive: SilenceForm | None


class ActForm(Strict):
    """An act: which events, why, and an id under which it is asked for again until there is no more."""

    id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    filter: FilterForm


class ScheduleForm(ActForm):
    """The new time; none: now."""

    scheduled: Moment | None = None


class RefusedForm(BaseModel):
    """An event that an act named and did not take."""

    id: Id
    reason: str


class ProgressForm(BaseModel):
    """How far an act has come."""

    done: int
    total: int
    more: bool
    refused: list[RefusedForm]


class CountForm(BaseModel):
    """How many events of an account are meant, and each act would take; ``archive``: why it was not counted there."""

    matching: int
    replayable: int
    replayed_before: int
    pending: int
    purged: int
    is_all: bool
    archive: SilenceForm | None = None


@router.post("/search", tags=READING)
def search_events(form: SearchForm) -> FoundForm:
    """Return one page of events, the newest first, of live instances and the archive at once."""
    page = search(form.wanted, beginning(form.accounts, form.place, accounts_with_events()), form.limit)
    return FoundForm.model_validate(
        {
            "events": page.rows,
            "place": places.to_text(page.places),
            "silent": {account: vars(silence) for account, silence in page.silent.items()},
            "archive": page.archive and vars(page.archive),
        }
    )


@router.post("/{account}/count", tags=READING)
def count_events(account: str, form: FilterForm, execution: Execution) -> CountForm:
    """Count the events of an account that a filter means, and that each act would take."""
    control, silence = _control()
    try:
        counted = acts.count(execution, control, account, form.wanted)
    finally:
        if control:
            control.close()
    return CountForm(**vars(counted), archive=silence)


@router.post("/{account}/replay", dependencies=[may_act_on_events])
def replay_events(account: str, form: ActForm, execution: OwnedExecution, user: GetUserDep) -> ProgressForm:
    """Push new events with the content of old ones; what the instance has purged comes from the archive."""
    with closing(open_control()) as control:
        return _perform(_act("replay", form, user), execution, control, account)


@router.post("/{account}/cancel", dependencies=[may_act_on_events])
def cancel_events(account: str, form: ActForm, execution: OwnedExecution, user: GetUserDep) -> ProgressForm:
    """Take pending events out of the queue."""
    return _perform(_act("cancel", form, user), execution, None, account)


@router.post("/{account}/reschedule", dependencies=[may_act_on_events])
def reschedule_events(account: str, form: ScheduleForm, execution: OwnedExecution, user: GetUserDep) -> ProgressForm:
    """Move the time from which pending events are processed."""
    return _perform(_act("reschedule", form, user, scheduled=form.scheduled), execution, None, account)


@router.get("/{account}/acts")
def operator_acts(account: str, asked: AskedSides) -> list[dict[str, Any]]:
    """Return what operators have done last: who, when, why, on which events."""
    if asked.execution is None and asked.control is None:
        raise AccountError(account, "neither the instance nor the archive can be asked", asked.remedies)
    return latest_acts(asked.execution, asked.control, account, LATEST_ACTS)


def _act(kind: acts.Kind, form: ActForm, user: GetUserDep, **more: Any) -> acts.Act:
    return acts.Act(form.id, kind, name_of(user), form.reason, form.filter.wanted, **more)


def _perform(act: acts.Act, execution: Execution, control: psycopg.Connection | None, account: str) -> ProgressForm:
    progress = acts.perform(act, execution, control, account)
    refused = [] if progress.more else acts.refused(act, execution)
    return ProgressForm(**vars(progress), refused=[RefusedForm(id=id_, reason=reason) for id_, reason in refused])


def _control() -> tuple[psycopg.Connection | None, SilenceForm | None]:
    try:
        return open_control(), None
    except AccountError as error:
        return None, SilenceForm(detail=f"{error.problem}.", remedy=f"{error.remedy}.")
