"""From a template and a claimed event to an e-mail message."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate

from message_center.rendering import mime
from message_center.rendering.address import on_the_wire
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate
from message_center.trace_context import traceparent

TEXT_ONLY = 1


def render_email(template: DeployedTemplate, event: ClaimedEvent) -> EmailMessage:
    """
    Return the message of an event.

    The Message-ID depends on the event and the sender's domain only: a second try is recognised as such.

    :raises RenderingError: if the event or the template does not make a message.
    """
    context = event.context
    message = EmailMessage(policy=mime.POLICY)
    headers = {
        "From": template.sender,
        "To": recipient_of(template, event),
        "Reply-To": template.reply_to,
        "Subject": template.text_of("subject", context),
        "Date": formatdate(),
        "Message-ID": f"<{event.event_id}@{template.sender_domain}>",
        "Auto-Submitted": "auto-generated",
        "traceparent": trace_of(template, event),
    }
    for name, value in headers.items():
        if value:
            _set_header(template, message, name, value)
    html = event.email_format != TEXT_ONLY and template.html_body is not None
    bodies = (
        template.text_of("text_body", context),
        template.text_of("html_body", context) if html else None,
    )
    try:
        mime.fill(message, *bodies)
    except UnicodeError as error:
        raise RenderingError(f"{template.name}: the body holds what is not a character") from error
    return message


def trace_of(template: DeployedTemplate, event: ClaimedEvent) -> str | None:
    """Return where the sender's trace goes on, if the template hands it on and the event has one."""
    # Whoever pushes says it, and it becomes a header: so nothing else does.
    return traceparent(event.traceparent) if template.hands_on_trace else None


def recipient_of(template: DeployedTemplate, event: ClaimedEvent) -> str:
    """
    Return the address that the message goes to, as servers take it.

    :raises RenderingError: if it cannot be one.
    """
    try:
        return on_the_wire(event.address)
    except (ValueError, IndexError):
        raise RenderingError(f"{template.name}: the event's e-mail address cannot be a header") from None


def _set_header(template: DeployedTemplate, message: EmailMessage, name: str, value: str) -> None:
    try:
        message[name] = value
    except ValueError:
        # Not the error, neither its text nor its traceback: the standard library quotes the value.
        raise RenderingError(f"{template.name}: {name} holds a line break or another control character") from None
