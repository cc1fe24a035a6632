"""A real SMTP server for tests, which refuses what the recipient's name says."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from support.ports import free_port

REPLIES = {
    "unknown": "550 5.1.1 <{address}>: user unknown (session 4bXz81mQ2)",
    "policy": "550 5.7.1 relaying denied",
    "plain": "550 no such user",
    "busy": "451 4.3.0 try again later",
    "full": "452 4.2.2 mailbox full",
}


@dataclass
class Sink:
    """What the server saw, and how it behaves."""

    port: int = 0
    received: list[tuple[str, str]] = field(default_factory=list)
    sources: list[bytes] = field(default_factory=list)
    refuse_sender: str | None = None
    refused_senders: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=lambda: dict(REPLIES))
    drop_sessions_of: Counter[str] = field(default_factory=Counter)
    end_session_at: dict[str, str] = field(default_factory=dict)
    enable_smtputf8: bool = False
    max_a_second: int | None = None
    max_sessions: int | None = None
    sessions: int = 0
    refusals: int = 0
    extra: dict[str, Any] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    seconds_a_message: float = 0.0

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of everything that was accepted, in order."""
        return [email.message_from_bytes(source, policy=email.policy.default)["Message-ID"] for source in self.sources]

    @property
    def connection(self) -> str:
        """The Airflow SMTP connection of this server, as JSON."""
        return smtp_connection(self.port, timeout=5, **self.extra)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        if refusal := self.refuse_sender or self.refused_senders.get(address):
            self.refusals += 1
            return refusal
        await asyncio.sleep(self.seconds_a_message)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if self.drop_sessions_of[address]:
            self.drop_sessions_of[address] -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if reply := self.end_session_at.pop(address, None):
            if reply.startswith("421"):
                await server.push(reply)
                server.transport.close()
            return reply
        kind = address.partition("@")[0].partition(".")[0]
        if kind in self.replies:
            self.refusals += 1
            return self.replies[kind].format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if b"content-refused" in envelope.content:
            return "554 5.6.0 content refused"
        now = time.monotonic()
        if self.max_a_second and sum(at > now - 1 for at in self.times) >= self.max_a_second:
            self.refusals += 1
            return "454 Throttling failure: Maximum sending rate exceeded."
        self.times.append(now)
        self.received.append((str(envelope.mail_from), envelope.rcpt_tos[0]))
        self.sources.append(envelope.content)
        return "250 OK"


class LimitedSMTP(SMTP):  # type: ignore[misc]
    """A server that greets only so many clients at once."""

    async def _handle_client(self) -> None:
        sink = self.event_handler
        sink.sessions += 1
        try:
            if sink.max_sessions and sink.sessions > sink.max_sessions:
                await self.push("421 4.7.0 Too many concurrent SMTP connections")
                self.transport.close()
            else:
                await super()._handle_client()
        finally:
            sink.sessions -= 1


class LimitedController(Controller):  # type: ignore[misc]
    """Runs that server."""

    def factory(self) -> SMTP:
        return LimitedSMTP(self.handler, **self.SMTP_kwargs)


@contextmanager
def smtp_server(**settings: Any) -> Iterator[Sink]:
    """Run the server on a free port, in a thread of its own."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    sink = Sink(**settings)
    controller = LimitedController(
        sink, hostname="127.0.0.1", port=sink.port or free_port(), enable_SMTPUTF8=sink.enable_smtputf8
    )
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()


def smtp_connection(port: int, timeout: int, **more: Any) -> str:
    """Return the Airflow connection of a server on this machine that knows no TLS, as JSON."""
    extra = {"disable_ssl": True, "disable_tls": True, "timeout": timeout} | more
    return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra})
