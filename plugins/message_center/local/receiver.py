"""A receiver of webhooks, as another system has one: it checks the signature of each message, and records it."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from message_center.local import private

SECRET_VARIABLE = "WEBHOOK_SECRET"
REFUSED = "refused"


class Receiver(ThreadingHTTPServer):
    """
    Listens on a port.

    :param record: the file that gets one line of JSON for each message, and for each that is refused.
    :param secret: what messages are signed with.
    """

    daemon_threads = True

    def __init__(self, record: Path, port: int, secret: str, host: str = "127.0.0.1") -> None:
        self.webhook, self._writing = Webhook(secret), Lock()
        self._record = open(record, "a", encoding="utf-8", opener=private.opener)  # noqa: SIM115 - kept open
        super().__init__((host, port), Handler)

    def take(self, body: bytes, headers: dict[str, str]) -> HTTPStatus:
        """Record a message before it is answered; one that is not signed as it should be, with the reason alone."""
        try:
            self._note(self.webhook.verify(body, headers))
        except (WebhookVerificationError, ValueError) as error:
            self._note({REFUSED: str(error)})
            return HTTPStatus.UNAUTHORIZED
        return HTTPStatus.NO_CONTENT

    def _note(self, entry: dict[str, Any]) -> None:
        with self._writing:
            self._record.write(json.dumps(entry) + "\n")
            self._record.flush()

    def server_close(self) -> None:
        super().server_close()
        self._record.close()


class Handler(BaseHTTPRequestHandler):
    """Answers one sender, on a connection that stays open."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(self.server.take(body, dict(self.headers.items())))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Log nothing: what came in is on record."""


def recorded(record: Path) -> list[dict[str, Any]]:
    """Return what was recorded, oldest first: the messages, and why others were refused."""
    if not record.exists():
        return []
    with record.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def serve(record: Path, port: int, secret: str) -> None:
    """Serve until a signal ends the process."""
    with Receiver(record, port, secret) as receiver:
        receiver.serve_forever()
