"""One event: its story, and its message as it was sent."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from message_center.events.errors import UnknownThingError
from message_center.events.message import read_content, render
from message_center.events.story import Traces, story
from message_center.events.traces import read_traces
from message_center.page.routes.forms import Id, Moment, SilenceForm
from message_center.page.routes.sides import AskedSides, Sides
from message_center.page.security import may_read_content

router = APIRouter(prefix="/event")


class LineForm(BaseModel):
    """One line of the story; see :class:`message_center.events.story.Line`."""

    model_config = ConfigDict(from_attributes=True)
    at: Moment | None
    what: str
    text: str
    reason: str | None
    remedy: str | None
    event_id: str | None


class StoryForm(BaseModel):
    """
    An event and its story.

    ``silent``: why the instance or the archive could not be asked; the story has what the other one knows.
    """

    account: str
    id: Id
    is_live: bool
    event: dict[str, Any]
    address: str | None
    template: dict[str, Any] | None
    lines: list[LineForm]
    silent: dict[str, SilenceForm]


class MessageForm(BaseModel):
    """The message; ``html`` is for a sandboxed frame and for nothing else."""

    model_config = ConfigDict(from_attributes=True)
    headers: list[tuple[str, str]]
    subject: str | None
    text: str | None
    html: str | None
    ctx: Any


@router.get("/{account}/{event_id}")
def event_story(account: str, event_id: int, asked: AskedSides) -> StoryForm:
    """Return the story of an event, whether its instance has it still or only the archive."""
    traces = read_traces(asked.execution, asked.control, account, event_id)
    if traces is None:
        raise _not_found(asked)
    return StoryForm(
        account=account,
        id=event_id,
        is_live=traces.live,
        event=_with_texts(traces),
        address=traces.address,
        template=dict(traces.template) if traces.template else None,
        lines=[LineForm.model_validate(line) for line in story(traces)],
        silent=asked.silent,
    )


@router.get("/{account}/{event_id}/message", dependencies=[Depends(may_read_content)])
def event_message(account: str, event_id: int, asked: AskedSides) -> MessageForm:
    """Return the message of an event, rendered again from the version of its template."""
    content = read_content(asked.execution, asked.control, account, event_id)
    if content is None:
        raise _not_found(asked)
    return MessageForm.model_validate(render(content))


def _with_texts(traces: Traces) -> dict[str, Any]:
    ids = {name: str(traces.event[name]) for name in ("id", "replay_of") if traces.event.get(name)}
    return {**traces.event, **ids}


def _not_found(asked: Sides) -> UnknownThingError:
    problem = "There is no such event, as far as its instance and the archive could be asked."
    return UnknownThingError(
        problem, asked.remedies or "It may be older than the archive keeps events. Look at its id again."
    )
