"""The quarantine: search, put addresses there, release them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from message_center.events import places
from message_center.events.quarantine import AddressAct, change
from message_center.page.databases import OwnedExecution, accounts
from message_center.page.routes.forms import READING, Channel, Id, Moment, Name, SilenceForm, Strict
from message_center.page.searching import beginning, search_quarantine
from message_center.page.security import may_act, name_of
from message_center.workflows import UPDATE_EVENT_STATUS

router = APIRouter(prefix="/quarantine")

may_act_on_addresses = Depends(may_act(UPDATE_EVENT_STATUS))


class SearchForm(Strict):
    """A search: a part of the address, of which channel and accounts (none: all), and where it goes on."""

    part: Name | None = None
    channel: Channel | None = None
    accounts: list[str] = Field(default_factory=list)
    place: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class QuarantinedRow(BaseModel):
    """An address, since when, why, and what to do."""

    account: str
    id: Id
    wished_channel: int
    address: str
    quarantined_at: Moment
    by_hand: bool
    message: str | None
    remedy: str | None


class FoundForm(BaseModel):
    """A page: its addresses, where the next one goes on, and who could not be asked."""

    addresses: list[QuarantinedRow]
    place: str | None
    silent: dict[str, SilenceForm]


class AddressesForm(Strict):
    """An act on addresses: which, why, and an id under which it is the same when it is asked for again."""

    id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    channel: Channel = 0
    addresses: Annotated[list[Name], Field(min_length=1, max_length=10_000)]


class DoneForm(BaseModel):
    """How many addresses an act changed."""

    done: int


@router.post("/search", tags=READING)
def search_addresses(form: SearchForm) -> FoundForm:
    """Return one page of the addresses in quarantine, the latest first, over all accounts."""
    page = search_quarantine(form.part, form.channel, beginning(form.accounts, form.place, accounts()), form.limit)
    return FoundForm.model_validate(
        {
            "addresses": page.rows,
            "place": places.to_text(page.places),
            "silent": {account: vars(silence) for account, silence in page.silent.items()},
        }
    )


@router.post("/{account}/add", dependencies=[may_act_on_addresses])
def add_addresses(account: str, form: AddressesForm, execution: OwnedExecution, user: GetUserDep) -> DoneForm:
    """Send nothing more to these addresses."""
    return DoneForm(done=change(execution, AddressAct(kind="quarantine", requested_by=name_of(user), **vars(form))))


@router.post("/{account}/release", dependencies=[may_act_on_addresses])
def release_addresses(account: str, form: AddressesForm, execution: OwnedExecution, user: GetUserDep) -> DoneForm:
    """Let these addresses be used again: events pushed from now on are sent."""
    return DoneForm(done=change(execution, AddressAct(kind="release", requested_by=name_of(user), **vars(form))))
