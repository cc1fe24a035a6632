"""The SMTP side: Airflow's SMTP connection, kept-alive sessions, and replies read for whom they concern."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import aiosmtplib
from aiosmtplib import SMTPResponse
from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.smtp.hooks.smtp import SmtpHook

from message_center.delivery import outcomes
from message_center.delivery.email.message import Email
from message_center.delivery.email.replies import ENHANCED_STATUS, refused
from message_center.delivery.errors import DeliveryError, ServerError
from message_center.delivery.outcomes import Outcome
from message_center.rendering.mime import wire

ACCEPTED = (250, 251)
SERVICE_NOT_AVAILABLE = 421


class SmtpSession:
    """One kept-alive session; it is broken after a :class:`ServerError` and must be closed."""

    def __init__(self, client: aiosmtplib.SMTP, name: str) -> None:
        self._client = client
        self._name = name
        self._options = [b"BODY=8BITMIME"] if client.supports_extension("8bitmime") else []

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands: servers close sessions that idle."""
        return self._client.is_connected

    async def send(self, message: Email) -> Outcome:
        """
        Send one message to one recipient.

        :raises ServerError: if the server is the trouble, so nothing is known to be wrong with the address.
        """
        # The client's own mail() and rcpt() parse each address again, which takes as long as sending it.
        await self._expect("MAIL FROM", b"MAIL", f"FROM:<{message.sender}>".encode("ascii"), *self._options)
        try:
            reply = await self._client.execute_command(b"RCPT", f"TO:<{message.recipient}>".encode("ascii"))
            if reply.code in ACCEPTED:
                reply = await self._client.data(wire(message.content))
        except aiosmtplib.SMTPDataError as error:
            reply = SMTPResponse(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._server_error("RCPT TO or DATA", describe(error)) from error
        if reply.code in ACCEPTED:
            return outcomes.sent(message.event_id)
        if not 400 <= reply.code < 600 or reply.code == SERVICE_NOT_AVAILABLE:
            raise self._server_error("RCPT TO or DATA", told(reply))
        await self._reset()
        return refused(message.event_id, message.recipient, reply.code, reply.message)

    async def close(self) -> None:
        """Leave politely if the server still listens."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, asyncio.TimeoutError):
            await self._client.quit(timeout=2)
        self._client.close()

    async def _reset(self) -> None:
        # A session that breaks here shows at the next message; this one has its reply.
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.rset()

    async def _expect(self, stage: str, *command: bytes) -> None:
        try:
            reply = await self._client.execute_command(*command)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._server_error(stage, describe(error)) from error
        if reply.code not in ACCEPTED:
            raise self._server_error(stage, told(reply))

    def _server_error(self, stage: str, cause: str) -> ServerError:
        return ServerError(f"SMTP connection {self._name}: {stage}: {cause}")


class MailHook(SmtpHook):
    """
    Opens sessions with the settings of Airflow's SMTP connection.

    Its own ``aget_conn`` asks for STARTTLS a second time on a connection that is encrypted already (which the
    client refuses), and still checks certificates with ``ssl_context`` "none".
    """

    def load(self) -> MailHook:
        """
        Get the connection from Airflow, before the event loop runs: in it, a task cannot ask twice at once.

        :raises DeliveryError: if there is no such connection.
        """
        try:
            self.smtp_connection = self.get_connection(self.smtp_conn_id)
        except AirflowException as error:
            raise DeliveryError(
                f"SMTP connection {self.smtp_conn_id} is not found: create it in Admin > Connections, "
                "or name another one in the account's connection"
            ) from error
        return self

    async def open_session(self) -> SmtpSession:
        """
        Connect, encrypt and log in as the connection says.

        :raises ServerError: if the server does not answer or refuses.
        """
        client = aiosmtplib.SMTP(**self._client_settings())
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if self.auth_type == "oauth2":
                await client.auth_xoauth2(*self._setup_oauth2())
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise ServerError(f"SMTP connection {self.smtp_conn_id}: {describe(error)}") from error
        return SmtpSession(client, self.smtp_conn_id)

    def _client_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "hostname": self.host,
            "port": self.port,
            "timeout": self.timeout,
            "use_tls": self.use_ssl,
            "start_tls": self.smtp_starttls and not self.use_ssl,
        }
        if context := self._build_ssl_context():
            settings["tls_context"] = context
        else:
            settings["validate_certs"] = False
        if self.auth_type != "oauth2" and self.smtp_user and self.smtp_password:
            settings |= {"username": self.smtp_user, "password": self.smtp_password}
        return settings


def describe(error: Exception) -> str:
    """Say what went wrong; of a server's reply no more than :func:`told` does."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return told(SMTPResponse(error.code, error.message))
    return f"{type(error).__name__}: {error}"


def told(reply: SMTPResponse) -> str:
    """Return the codes of a reply and not its text, which may quote an address."""
    enhanced = ENHANCED_STATUS.match(reply.message)
    return f"the server replied {reply.code}{f' {enhanced[0]}' if enhanced else ''}"
