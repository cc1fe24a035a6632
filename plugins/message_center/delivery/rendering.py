"""From a template and a claimed event to an e-mail message."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from functools import cached_property
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from message_center.delivery import message as mail
from message_center.delivery.errors import RenderingError

TEXT_ONLY = 1


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which ``ctx.items`` is the event's data, not a method of ``dict``."""

    def __init__(self, autoescape: bool) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, autoescape=autoescape)
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": _refuse_to_json}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _refuse_to_json(value: Any) -> Any:
    """Refuse what ``tojson`` cannot write: if that is a missing variable, by the error that names it."""
    raise TypeError(f"{value} is not JSON")


PLAIN = TemplateEnvironment(autoescape=False)
HTML = TemplateEnvironment(autoescape=True)


@dataclass(frozen=True)
class ClaimedEvent:
    """One row of ``claim_deliveries``."""

    event_id: int
    queue: str
    type: str
    address: str
    language: str | None
    country: str | None
    email_format: int
    external_id: str | None
    origin: str | None
    ctx: dict[str, Any]
    created_at: datetime
    template_id: int
    tries: int
    account: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What a template sees as ``event``."""
        return {**vars(self), "id": self.event_id, "email": self.address}


@dataclass(frozen=True)
class Template:
    """One row of ``message_template``, compiled when first needed and then kept."""

    id: int
    internal_name: str
    version: int
    language: str
    sender: str | None
    reply_to: str | None
    subject: str | None
    html_body: str | None
    text_body: str

    @property
    def name(self) -> str:
        language = f", {self.language}" if self.language else ""
        return f"template {self.internal_name} (version {self.version}{language})"

    @cached_property
    def parts(self) -> dict[str, jinja2.Template]:
        """The compiled parts by name."""
        return {
            part: self._compile(environment, part, source)
            for part, environment, source in (
                ("subject", PLAIN, self.subject or ""),
                ("text_body", PLAIN, self.text_body),
                ("html_body", HTML, self.html_body),
            )
            if source is not None
        }

    @cached_property
    def sender_address(self) -> str:
        """The address part of the sender, also the envelope's."""
        address = parseaddr(self.sender or "")[1]
        local_part, _, domain = address.rpartition("@")
        if not (local_part and domain and address.isascii()):
            raise RenderingError(f"{self.name}: sender is missing or not an address in ASCII")
        return address

    @property
    def sender_domain(self) -> str:
        """The domain of the sender's address."""
        return self.sender_address.rpartition("@")[2]

    def text_of(self, part: str, context: Mapping[str, Any]) -> str:
        """
        Render one part.

        :raises RenderingError: naming the part, the line and the variable.
        """
        try:
            return self.parts[part].render(context)
        except RenderingError:
            raise
        except Exception as error:
            raise RenderingError(f"{self.name}: {part}, {_reason(error)}") from error

    def _compile(self, environment: TemplateEnvironment, part: str, source: str) -> jinja2.Template:
        try:
            return environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            raise RenderingError(f"{self.name}: {part}, line {error.lineno}: {error.message}") from error


def render(template: Template, event: ClaimedEvent) -> EmailMessage:
    """
    Return the message of an event.

    The Message-ID depends on the event and the sender's domain only: a second try is recognised as such.

    :raises RenderingError: if the event or the template does not make a message.
    """
    context = {"event": event.fields, "ctx": event.ctx}
    message = EmailMessage(policy=mail.POLICY)
    headers = {
        "From": template.sender,
        "To": _address(template, event),
        "Reply-To": template.reply_to,
        "Subject": template.text_of("subject", context),
        "Date": formatdate(),
        "Message-ID": f"<{event.event_id}@{template.sender_domain}>",
        "Auto-Submitted": "auto-generated",
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
        mail.fill(message, *bodies)
    except UnicodeError as error:
        raise RenderingError(f"{template.name}: the body holds what is not a character") from error
    return message


def render_text(template: Template, event: ClaimedEvent, *, is_json: bool = False) -> str:
    """
    Return the body of an event's message for a channel other than e-mail.

    :raises RenderingError: if the event or the template does not make a message, or one that is to be JSON is not.
    """
    body = template.text_of("text_body", {"event": event.fields, "ctx": event.ctx})
    if is_json:
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno} of what is rendered"
            raise RenderingError(f"{template.name}: text_body is not JSON: {where}: {error.msg}") from error
    return body


def _address(template: Template, event: ClaimedEvent) -> str:
    fault = f"{template.name}: the event's e-mail address cannot be a header"
    if not event.address.isascii():
        raise RenderingError(fault)
    try:
        return str(Address(addr_spec=event.address))
    except (ValueError, IndexError) as error:
        raise RenderingError(fault) from error


def _set_header(template: Template, message: EmailMessage, name: str, value: str) -> None:
    try:
        message[name] = value
    except ValueError as error:
        # Not the text of the error: the standard library quotes the value.
        raise RenderingError(
            f"{template.name}: {name} holds a line break or another character that a header cannot hold"
        ) from error


def _reason(error: Exception) -> str:
    """Say where and why. Only Jinja's own words are repeated: any other error may quote the event's data."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    where = f"line {lines[-1]}: " if lines else ""
    is_jinja = isinstance(error, jinja2.TemplateError)
    return where + (str(error) if is_jinja else f"{type(error).__name__} while rendering")
