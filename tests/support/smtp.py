"""A real SMTP server for tests, which refuses what the recipient's name says."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import logging
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
    drop_sessions_of: set[str] = field(default_factory=set)
    seconds_a_message: float = 0.0

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of everything that was accepted, in order."""
        return [email.message_from_bytes(source, policy=email.policy.default)["Message-ID"] for source in self.sources]

    @property
    def connection(self) -> str:
        """The Airflow SMTP connection of this server, as JSON."""
        return smtp_connection(self.port, timeout=5)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        if self.refuse_sender:
            return self.refuse_sender
        await asyncio.sleep(self.seconds_a_message)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if address in self.drop_sessions_of:
            self.drop_sessions_of.discard(address)
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        kind = address.partition("@")[0].partition(".")[0]
        if kind in REPLIES:
            return REPLIES[kind].format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if b"content-refused" in envelope.content:
            return "554 5.6.0 content refused"
        self.received.append((str(envelope.mail_from), envelope.rcpt_tos[0]))
        self.sources.append(envelope.content)
        return "250 OK"


@contextmanager
def smtp_server(**settings: Any) -> Iterator[Sink]:
    """Run the server on a free port, in a thread of its own."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    sink = Sink(**settings)
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port or free_port())
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()


def smtp_connection(port: int, timeout: int) -> str:
    """Return the Airflow connection of a server on this machine that knows no TLS, as JSON."""
    extra = {"disable_ssl": True, "disable_tls": True, "timeout": timeout}
    return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra})
