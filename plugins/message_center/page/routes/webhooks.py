"""The webhooks of an instance: how each stands, and what people do with them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated
from uuid import UUID

import psycopg
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from message_center.events.errors import UnknownThingError
from message_center.page.databases import Execution, OwnedExecution
from message_center.page.routes.forms import Moment, Strict
from message_center.page.security import may_act, name_of
from message_center.webhooks.acts import COUNTED, WebhookAct, replay, resume, webhooks_of
from message_center.workflows import DELIVER_WEBHOOKS

router = APIRouter(prefix="/instances/{account}/webhooks")

may_act_on_webhooks = Depends(may_act(DELIVER_WEBHOOKS))


class WebhookRow(BaseModel):
    """A webhook; of its URL no more than scheme, host and port."""

    name: str
    origin: str
    event_types: list[str] | None
    statuses: list[str] | None
    queues: list[str] | None
    callers: list[str] | None
    waiting: int
    waiting_since: Moment | None
    given_up: int
    last_success_at: Moment | None
    last_error: str | None
    last_error_at: Moment | None
    failing_since: Moment | None
    retry_at: Moment | None
    disabled_at: Moment | None
    disabled_reason: str | None
    removed_at: Moment | None
    is_replaying: bool


class WebhooksForm(BaseModel):
    """The webhooks, and up to where what waits for them is counted."""

    webhooks: list[WebhookRow]
    counted: int = COUNTED
    now: Moment = Field(default_factory=lambda: datetime.now(timezone.utc))


class ResumeForm(Strict):
    """Why, and an id under which it is the same when it is asked for again."""

    id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class ReplayForm(ResumeForm):
    """The same, and from which moment on."""

    since: Moment


@router.get("")
def webhooks(execution: Execution) -> WebhooksForm:
    """Return how the webhooks of an instance stand."""
    return WebhooksForm.model_validate({"webhooks": webhooks_of(execution)})


@router.post("/{name:path}/resume", dependencies=[may_act_on_webhooks], status_code=204)
def resume_webhook(name: str, form: ResumeForm, execution: OwnedExecution, user: GetUserDep) -> None:
    """Let a webhook be told again, from where it stood."""
    try:
        resume(execution, WebhookAct(form.id, name_of(user), form.reason, name))
    except psycopg.errors.NoDataFound:
        raise _unknown(name) from None


@router.post("/{name:path}/replay", dependencies=[may_act_on_webhooks], status_code=204)
def replay_webhook(name: str, form: ReplayForm, execution: OwnedExecution, user: GetUserDep) -> None:
    """Tell a webhook again what has changed since a moment."""
    try:
        replay(execution, WebhookAct(form.id, name_of(user), form.reason, name), form.since)
    except psycopg.errors.NoDataFound:
        raise _unknown(name) from None


def _unknown(name: str) -> UnknownThingError:
    return UnknownThingError(f"There is no webhook {name!r} here.", "See the list of the instance's webhooks.")
