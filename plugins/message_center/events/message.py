"""The message of an event as it was sent: rendered again, from the version of the template that it is linked to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.events.errors import AskedError
from message_center.sql import statement

Connection = psycopg.Connection[Any]

RENDERING_SECONDS = 10
# What Python needs to start, and nothing that is secret.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "LC_ALL")


@dataclass(frozen=True)
class Message:
    """
    A message.

    :param headers: name and value; the date is that of this rendering.
    :param html: for a sandboxed frame: it is what a template and an event made, and nobody has looked at it.
    :param ctx: the event's data.
    """

    headers: list[tuple[str, str]]
    subject: str | None
    text: str | None
    html: str | None
    ctx: Any


@dataclass(frozen=True)
class Content:
    """What a message is made from."""

    channel: int
    template: dict[str, Any]
    event: dict[str, Any]


def read_content(
    execution: Connection | None, control: Connection | None, account: str, event_id: int
) -> Content | None:
    """
    Return what the message of an event is made from; ``None`` if nobody who could be asked has the event.

    :raises AskedError: if it is linked to no template, or that is not known.
    """
    given = {"id": event_id, "account": account}
    event = _first(execution, "execution/event_content", given) or _first(control, "control/event_content", given)
    if event is None:
        return None
    if event["template_id"] is None:
        raise AskedError("The event is linked to no template.", "Its story says why.")
    template = _first(execution, "execution/load_templates", {"ids": [event["template_id"]]}) or _first(
        control, "control/published_version", {"account": account, "template_id": event["template_id"]}
    )
    if template is None:
        remedy = "Try again when the event's instance can be reached."
        raise AskedError("The version of its template is not known here.", remedy)
    event["created_at"] = event["created_at"].isoformat()
    return Content(event.pop("wished_channel"), template, event)


def render(content: Content) -> Message:
    """
    Render a message, in a process of its own.

    :raises AskedError: if the event and the template make none.
    """
    given = json.dumps({"channel": content.channel, "template": content.template, "event": content.event})
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "message_center.events.rendered"],
            input=given,
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
            env=environment,
            timeout=RENDERING_SECONDS,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        # Not from it: it has what was read in it.
        problem = f"The message could not be rendered within {RENDERING_SECONDS} s."
        raise AskedError(problem, "See what its template does for so long.") from None
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise AskedError(f"The message cannot be rendered: {answer['error']}.", "Mend the template, or the data.")
    headers = [(str(name), str(value)) for name, value in answer["headers"]]
    ctx = json.loads(content.event["ctx"])
    return Message(headers, answer["subject"], answer["text"], answer["html"], ctx)


def _first(connection: Connection | None, name: str, given: dict[str, Any]) -> dict[str, Any] | None:
    if connection is None:
        return None
    return connection.cursor(row_factory=dict_row).execute(statement(name), given).fetchone()
