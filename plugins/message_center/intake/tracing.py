"""Where the sender's trace goes on: https://www.w3.org/TR/trace-context/."""

from __future__ import annotations

import re

from starlette.requests import Request

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(request: Request) -> str | None:
    """Return the header, if it is one: a broken one is left out, as the recommendation has it."""
    header = request.headers.get("traceparent", "")
    return header if _TRACEPARENT.fullmatch(header) else None
