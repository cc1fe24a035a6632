"""One process of the doors, under uvicorn. More of them behind a load balancer are as good as one that is larger."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

import uvicorn

from message_center.intake.access_log import write_as_they_are
from message_center.intake.app import make_app
from message_center.intake.settings import Settings, SettingsError
from message_center.intake.staying import StayingProtocol

SERVER: dict[str, Any] = {
    "http": StayingProtocol,
    "ws": "none",
    "server_header": False,
    "timeout_graceful_shutdown": 15,
    # Long before a proxy's patience ends; a caller's connection pool keeps its own.
    "timeout_keep_alive": 75,
}
"""What uvicorn is told."""


def serve(host: str, port: int) -> None:
    """
    Serve until a signal comes; what is under way then comes to its end.

    :param host: the address to listen on.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # No line says which thread, process or function wrote it; to look that up took a third of a line's time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as the manual of Python has it: no look at the stack
    write_as_they_are()
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    try:
        app = make_app(Settings.from_environment())
    except SettingsError as error:
        sys.exit(str(error))
    # What is there now stays: the collector need not look through it again and again. It took a sixth of the time. What
    # a call leaves goes by itself: hardly anything is left for the collector, so that it may look more seldom.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    uvicorn.run(app, host=host, port=port, log_config=None, **SERVER)
