"""The SMTP side: Airflow's SMTP connection, kept-alive sessions, and replies read for whom they concern."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiosmtplib
from aiosmtplib import SMTPResponse
from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.smtp.hooks.smtp import SmtpHook

from message_center.delivery import outcomes
from message_center.delivery.email.message import Email
from message_center.delivery.email.replies import ENHANCED_STATUS, Consequence, Stage, outcome, rule_for
from message_center.delivery.errors import (
    DeliveryError,
    SenderRefusedError,
    ServerError,
    SessionEndedError,
    ThrottledError,
)
from message_center.delivery.outcomes import Outcome
from message_center.delivery.throttle import Limits
from message_center.rendering.mime import wire

ACCEPTED = (250, 251)
SERVICE_NOT_AVAILABLE = 421
NO_SMTPUTF8 = "the mail server takes no address with other letters than ASCII before the @ (SMTPUTF8)"
RAISED: dict[Consequence, type[Exception]] = {
    Consequence.STOP_SENDER: SenderRefusedError,
    Consequence.NEW_SESSION: SessionEndedError,
    Consequence.SLOW_DOWN: ThrottledError,
    Consequence.SERVER: ServerError,
}


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
        """Send one message to one recipient; see :class:`~message_center.delivery.sender.Session`."""
        options = list(self._options)
        if not message.recipient.isascii():
            if not self._client.supports_extension("smtputf8"):
                return outcomes.not_rendered(message.event_id, NO_SMTPUTF8)
            options.append(b"SMTPUTF8")
        run = self._client.execute_command
        # The client's own mail() and rcpt() parse each address again, which takes as long as sending it.
        steps: tuple[tuple[Stage, Callable[[], Awaitable[SMTPResponse]]], ...] = (
            (Stage.MAIL, lambda: run(b"MAIL", f"FROM:<{message.sender}>".encode("ascii"), *options)),
            (Stage.RCPT, lambda: run(b"RCPT", f"TO:<{message.recipient}>".encode())),
            (Stage.DATA, lambda: self._client.data(wire(message.content))),
        )
        for stage, step in steps:
            reply = await self._reply(stage, step())
            if reply.code not in ACCEPTED:
                return await self._refused(message, stage, reply)
        return outcomes.sent(message.event_id)

    async def _reply(self, stage: Stage, command: Awaitable[SMTPResponse]) -> SMTPResponse:
        try:
            return await command
        except aiosmtplib.SMTPDataError as error:
            return SMTPResponse(error.code, error.message)
        except (aiosmtplib.SMTPException, OSError) as error:
            said = f"{self._name}: {stage.value}: {describe(error)}"
            # A message whose end went out may have been taken; one that broke off before was not.
            if stage is Stage.DATA:
                raise ServerError(said) from error
            raise SessionEndedError(said) from error

    async def _refused(self, message: Email, stage: Stage, reply: SMTPResponse) -> Outcome:
        rule = rule_for(stage, reply.code, reply.message)
        said = f"{self._name}: {stage.value}: {told(reply)}"
        if reply.code == SERVICE_NOT_AVAILABLE:
            self._client.close()
        else:
            await self._reset()
        if rule.consequence in RAISED:
            raise RAISED[rule.consequence](said)
        return outcome(message.event_id, message.recipient, rule, reply.code, reply.message)

    async def close(self) -> None:
        """Leave politely if the server still listens."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, asyncio.TimeoutError):
            await self._client.quit(timeout=2)
        self._client.close()

    async def _reset(self) -> None:
        # A session that breaks here shows at the next message; this one has its reply.
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.rset()


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

    def limits(self) -> Limits:
        """
        Return what the connection's extra fields say that the server may be given.

        :raises DeliveryError: naming the field that is no positive number.
        """
        extra = self.smtp_connection.extra_dejson if self.smtp_connection else {}
        groups = extra.get("max_messages_per_second_by_domain") or {}
        if not isinstance(groups, dict):
            raise self._bad_limit("max_messages_per_second_by_domain", 'is no object like {"example.com": 5}')
        sessions = self._limit("max_sessions", extra.get("max_sessions"))
        return Limits(
            self._limit("max_messages_per_second", extra.get("max_messages_per_second")),
            None if sessions is None else max(1, int(sessions)),
            {domain.lower(): self._limit(domain, rate) or 0 for domain, rate in groups.items() if rate},
        )

    def _limit(self, field: str, value: Any) -> float | None:
        if value in (None, ""):
            return None
        if isinstance(value, bool) or not re.fullmatch(r"\d+(\.\d+)?", str(value)) or not float(value):
            raise self._bad_limit(field, f"is {value!r}, no number above 0")
        return float(value)

    def _bad_limit(self, field: str, what: str) -> DeliveryError:
        return DeliveryError(
            f"SMTP connection {self.smtp_conn_id}: its extra field {field} {what}. Correct it in Admin > Connections"
        )

    async def open_session(self) -> SmtpSession:
        """
        Connect, encrypt and log in as the connection says.

        :raises ThrottledError: if the server takes no more sessions for now.
        :raises ServerError: if it does not answer or refuses.
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
            said = f"SMTP connection {self.smtp_conn_id}: {describe(error)}"
            if is_throttled(error):
                raise ThrottledError(said) from error
            raise ServerError(said) from error
        return SmtpSession(client, f"SMTP connection {self.smtp_conn_id}")

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


def is_throttled(error: Exception) -> bool:
    """Whether a session was refused since there are too many."""
    return (
        isinstance(error, aiosmtplib.SMTPResponseException)
        and rule_for(Stage.CONNECT, error.code, error.message).consequence is Consequence.SLOW_DOWN
    )


def describe(error: Exception) -> str:
    """Say what went wrong; of a server's reply no more than :func:`told` does."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return told(SMTPResponse(error.code, error.message))
    return f"{type(error).__name__}: {error}"


def told(reply: SMTPResponse) -> str:
    """Return the codes of a reply and not its text, which may quote an address."""
    enhanced = ENHANCED_STATUS.match(reply.message)
    return f"the server replied {reply.code}{f' {enhanced[0]}' if enhanced else ''}"
