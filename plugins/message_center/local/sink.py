"""An SMTP server that delivers nothing: it records what it accepts, and refuses some addresses on purpose."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from datetime import datetime, timezone
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from message_center.local import private

REFUSED_DOMAIN = "refused.example"
BUSY_DOMAIN = "busy.example"


class Sink:
    """
    The behaviour of the server, as aiosmtpd's handler.

    :param record: the file that gets one line of JSON for each accepted message.
    :param busy_tries: how often an address at ``busy.example`` is put off before it is accepted.
    """

    def __init__(self, record: Path, busy_tries: int = 1) -> None:
        record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._record = open(record, "a", encoding="utf-8", opener=private.opener)  # noqa: SIM115 - kept open
        self._busy_tries = busy_tries
        self._tries: Counter[str] = Counter()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names its hooks after the verbs of SMTP
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2].lower()
        if domain == REFUSED_DOMAIN:
            return f"550 5.1.1 <{address}>: no such user here"
        if domain == BUSY_DOMAIN and self._is_busy(address):
            return f"451 4.2.2 <{address}>: mailbox busy, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _is_busy(self, address: str) -> bool:
        self._tries[address] += 1
        return self._tries[address] <= self._busy_tries

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self._record.write(json.dumps(entry(content, envelope)) + "\n")
        # Written before the message is acknowledged: what was accepted is on record.
        self._record.flush()
        return "250 2.0.0 OK"


def entry(content: bytes, envelope: Envelope) -> dict[str, Any]:
    """
    Return what is recorded of a message.

    Its body is not parsed: that would cost this server more than the engine spends on making the message.
    """
    headers = BytesHeaderParser().parsebytes(content)
    subject = "".join(str(headers["Subject"] or "").splitlines())
    return {
        "message_id": str(headers["Message-ID"] or ""),
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "subject": str(make_header(decode_header(subject))),
        "received_at": datetime.now(timezone.utc).isoformat(),
        "raw": content.decode("utf-8", "replace"),
    }


def messages(record: Path) -> list[dict[str, Any]]:
    """Return the recorded messages, oldest first."""
    if not record.exists():
        return []
    with record.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


async def serve(record: Path, port: int, busy_tries: int = 1, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await listen(Sink(record, busy_tries), host, port)
    await stop.wait()
    server.close()


async def listen(handler: Any, host: str, port: int) -> asyncio.Server:
    """Let a handler of aiosmtpd answer on a port; 0: any that is free."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(handler, hostname="localhost", enable_SMTPUTF8=True, loop=loop), host, port
    )
