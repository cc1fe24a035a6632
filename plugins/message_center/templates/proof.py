"""Proofs: a template rendered and sent to a seed address, with no event touched."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from message_center.channels import ADDRESS_FIELDS, EMAIL
from message_center.delivery.email.message import Email
from message_center.delivery.errors import SenderRefusedError, ServerError
from message_center.rendering import mime
from message_center.rendering.body import render_body
from message_center.rendering.email import render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate
from message_center.templates.fields import email_is_well_formed
from message_center.templates.model import MessageTemplate
from message_center.templates.preview import NO_EVENT, claimed_event, deliverable

if TYPE_CHECKING:
    from message_center.delivery.email.smtp import MailHook, SmtpSession

PREFIX = "[Proof] "


class ProofError(RuntimeError):
    """A proof that cannot be made, or that the mail server did not take."""


def proofs(
    template: MessageTemplate, languages: Sequence[str], event: Mapping[str, Any] | None, to: str
) -> list[EmailMessage]:
    """
    Return proofs of a template, ready to be sent.

    They show what the event's recipient would get, but go to the seed address. The proof of a message for another
    channel than e-mail is an e-mail with its body as the text.

    :param languages: those wanted, ``""`` for the default one; none: all that the template has.
    :param event: an event's fields, with its ctx, as it is pushed or as it is in the database; ``None``: the sample of
        each language.
    :param to: the seed address.
    :raises ProofError: if there is no such language, or the seed address is none.
    :raises RenderingError: if the event or the template does not make a message.
    """
    if not email_is_well_formed(to):
        raise ProofError(f"{to!r} is not an e-mail address. Give the seed address as name@example.com.")
    if unknown := [language for language in languages if language not in template.languages]:
        known = ", ".join(language or "'' (the default)" for language in template.languages)
        raise ProofError(f"Template {template.internal_name} is not in {', '.join(unknown)}. It has {known}.")
    return [_proof(template, language, event, to) for language in languages or template.languages]


def send_proofs(mail_hook: MailHook, messages: Sequence[EmailMessage]) -> None:
    """
    Send proofs, each to its own address, over one SMTP session.

    :param mail_hook: loaded.
    :raises ProofError: if the server cannot be reached or refuses one; names the SMTP connection and the reply.
    """
    try:
        refusals = asyncio.run(_send(mail_hook, messages))
    except (SenderRefusedError, ServerError) as error:
        raise ProofError(f"{error}. Test the connection, then send the proofs again.") from error
    if refusals:
        told = f"{len(refusals)} of {len(messages)} proofs refused"
        raise ProofError("\n  ".join([f"SMTP connection {mail_hook.smtp_conn_id}: {told}:", *refusals]))


def _proof(template: MessageTemplate, language: str, event: Mapping[str, Any] | None, to: str) -> EmailMessage:
    claimed = claimed_event(template, template.languages[language].sample if event is None else event)
    if not claimed.address:
        field = ADDRESS_FIELDS[template.wished_channel]
        raise RenderingError(f"{template.internal_name}: the event has no {field}, so it could not get this template")
    rendered = deliverable(template, language)
    if template.wished_channel == EMAIL:
        return _email_proof(rendered, claimed, to)
    return _body_proof(rendered, claimed, template.languages[language].is_json, to)


def _email_proof(template: DeployedTemplate, event: ClaimedEvent, to: str) -> EmailMessage:
    message = render_email(template, event)
    subject = PREFIX + template.text_of("subject", event.context)
    # All but these is what the recipient would get.
    for name, value in {"To": to, "Subject": subject, "Message-ID": _message_id(template.sender_domain)}.items():
        message.replace_header(name, value)
    return message


def _body_proof(template: DeployedTemplate, event: ClaimedEvent, is_json: bool, to: str) -> EmailMessage:
    message = EmailMessage(policy=mime.POLICY)
    language = f", {template.language}" if template.language else ""
    headers = {
        "From": to,
        "To": to,
        "Subject": f"{PREFIX}{template.internal_name}{language}",
        "Date": formatdate(),
        "Message-ID": _message_id(to.rpartition("@")[2]),
        "Auto-Submitted": "auto-generated",
    }
    for name, value in headers.items():
        message[name] = value
    mime.fill(message, render_body(template, event, is_json=is_json), None)
    return message


def _message_id(domain: str) -> str:
    """Return an id that no event has: theirs are numbers."""
    return f"<proof.{uuid4().hex}@{domain}>"


async def _send(mail_hook: MailHook, messages: Sequence[EmailMessage]) -> list[str]:
    session = await mail_hook.open_session()
    try:
        replies = [(str(message["Subject"]), await _refusal(session, message)) for message in messages]
    finally:
        await session.close()
    return [f"{subject}: {reply}" for subject, reply in replies if reply]


async def _refusal(session: SmtpSession, message: EmailMessage) -> str | None:
    """Send a proof; return the server's reply if that refuses it."""
    sender, to = (parseaddr(str(message[name]))[1] for name in ("From", "To"))
    outcome = await session.send(Email(NO_EVENT, message, sender, to))
    return None if outcome.status == "Sent" else outcome.message
