"""An app behind a real port, for a browser; in a thread of the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from support.ports import free_port
from support.waiting import until


@contextmanager
def served(app: ASGIApp, **settings: Any) -> Iterator[str]:
    """
    Yield the URL at which the app answers.

    :param settings: of uvicorn.
    """
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, **settings))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until("the server up", lambda: server.started, 60)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
