"""
Renders one message, in a process of its own: ``python -m message_center.events.rendered``.

Templates are written by users. The engine bounds what one may take by a timer of the main thread, which the API server
does not have to give; and nothing of that server's memory is in this process. JSON in, JSON out.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from message_center.channels import EMAIL
from message_center.ctx import read_json
from message_center.moments import moment
from message_center.rendering.body import render_body
from message_center.rendering.bounds import bounded_memory
from message_center.rendering.email import render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate


def rendered(channel: int, template: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """
    Return a message's headers, subject, text and HTML.

    :raises RenderingError: if the event and the template make no message.
    """
    deployed = DeployedTemplate(**template)
    given = {**event, "ctx": read_json(event["ctx"]), "created_at": moment(event["created_at"])}
    claimed = ClaimedEvent(**given)
    if channel != EMAIL:
        return {"headers": [], "subject": None, "text": render_body(deployed, claimed), "html": None}
    message = render_email(deployed, claimed)
    parts = {part.get_content_subtype(): part.get_payload(decode=True) for part in message.walk()}
    html = parts.get("html")
    plain = parts.get("plain")
    return {
        "headers": [[name, value] for name, value in message.items() if not name.startswith(("Content-", "MIME-"))],
        "subject": deployed.text_of("subject", claimed.context),
        "text": plain.decode() if isinstance(plain, bytes) else None,
        "html": html.decode() if isinstance(html, bytes) else None,
    }


def main() -> None:
    """Read what to render, and write the message, or why there is none."""
    given = json.load(sys.stdin)
    try:
        with bounded_memory():
            answer = rendered(**given)
    except (RenderingError, ValueError) as error:
        answer = {"error": str(error) if isinstance(error, RenderingError) else "its ctx cannot be read"}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
