"""From a template and a claimed event to the one body that a message for another channel than e-mail has."""

from __future__ import annotations

import json

from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate


def render_body(template: DeployedTemplate, event: ClaimedEvent, *, is_json: bool = False) -> str:
    """
    Return the body of an event's message.

    :raises RenderingError: if the event or the template does not make a message, or one that is to be JSON is not.
    """
    body = template.text_of("text_body", event.context)
    if is_json:
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno} of what is rendered"
            raise RenderingError(f"{template.name}: text_body is not JSON: {where}: {error.msg}") from error
    return body
