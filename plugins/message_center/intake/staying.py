"""Callers who ask for another protocol: they are answered in the one that they ask in."""

from __future__ import annotations

from typing import Any

import httptools

from message_center.intake.joining import JoiningProtocol
from message_center.intake.problems import JSON, ProblemError
from message_center.intake.pushing import dumped

_OF_ANOTHER = {b"upgrade", b"http2-settings"}


class StayingProtocol(JoiningProtocol):
    """
    A protocol that stays HTTP/1.1 for whoever asks for another.

    Java's own client offers HTTP/2 with each first call, and curl does with ``--http2``. A server may pass over that;
    httptools takes the body for one of the other protocol, and uvicorn drops it.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        # uvicorn's own log has queries, and is on or off as whoever sets logging up last has it.
        self.access_log = False

    def data_received(self, data: bytes) -> None:
        # uvicorn's own, but for the upgrade.
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            self.send_400_response(message)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as everything that is refused."""
        remedy = "Send HTTP/1.1; what is not ASCII in an address is escaped there."
        content = dumped(ProblemError(400, "The call is no HTTP", msg, remedy).body)
        head = f"content-type: {JSON}\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head.encode() + content)
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """Tell whether a call is put off until its body has been found; what CONNECT is answered needs none."""
        return self.scope["method"] != "CONNECT"

    def _stay(self, rest: bytes) -> None:
        """Read a head again that asks for nothing else, and what has come behind it."""
        scope, headers = self.scope, [pair for name, value in self.headers for pair in _staying(name, value)]
        lines = [b"%b %b HTTP/%b" % (scope["method"].encode(), self.url, scope["http_version"].encode())]
        lines += [b"%b: %b" % pair for pair in headers]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join([*lines, b"", rest]))


def _staying(name: bytes, value: bytes) -> list[tuple[bytes, bytes]]:
    """Return a header without what it says of another protocol."""
    if name == b"connection":
        value = b",".join(token for token in value.split(b",") if token.strip().lower() not in _OF_ANOTHER)
    return [] if name in _OF_ANOTHER or not value else [(name, value)]
