"""One process of the doors, under uvicorn. More of them behind a load balancer are as good as one that is larger."""

from __future__ import annotations

import logging
import sys

import uvicorn

from message_center.intake.app import make_app
from message_center.intake.settings import Settings, SettingsError


def serve(host: str, port: int) -> None:
    """
    Serve until a signal comes; what is under way then comes to its end.

    :param host: the address to listen on.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    try:
        app = make_app(Settings.from_environment())
    except SettingsError as error:
        sys.exit(str(error))
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=15,
        # Long before a proxy's patience ends; a caller's connection pool keeps its own.
        timeout_keep_alive=75,
    )
