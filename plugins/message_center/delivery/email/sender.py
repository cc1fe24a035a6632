"""How e-mails are made and go out."""

from __future__ import annotations

from message_center.channels import EMAIL
from message_center.delivery.email.message import Email
from message_center.delivery.email.smtp import MailHook, SmtpSession
from message_center.rendering.email import recipient_of, render_email
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate


class EmailSender:
    """
    The :class:`~message_center.delivery.sender.Sender` of e-mails.

    :param mail_hook: opens SMTP sessions; loaded.
    """

    channel = EMAIL

    def __init__(self, mail_hook: MailHook) -> None:
        self.mail_hook = mail_hook
        self.server = f"SMTP connection {mail_hook.smtp_conn_id}"
        self.limits = mail_hook.limits()

    def group(self, event: ClaimedEvent) -> str:
        """Return the domain of an event's address."""
        return event.address.rpartition("@")[2].lower()

    def render(self, template: DeployedTemplate, event: ClaimedEvent) -> Email:
        """Make the e-mail of an event; see the protocol."""
        message = render_email(template, event)
        return Email(event.event_id, message, template.sender_address, recipient_of(template, event))

    async def open_session(self) -> SmtpSession:
        """Open an SMTP session; see the protocol."""
        return await self.mail_hook.open_session()
