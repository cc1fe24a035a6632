"""The environment of the measurements: none of the user's settings, and quiet."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile

MARKER = "MESSAGE_CENTER_BENCH_HOME"


def prepare() -> None:
    """Set it up, before anything imports Airflow; the processes that are started from here inherit it."""
    logging.disable(logging.INFO)
    if MARKER in os.environ:
        return
    home = tempfile.mkdtemp(prefix="message-center-bench-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ.update(
        {
            MARKER: home,
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            # The embedded PostgreSQL warns when it has none.
            "XDG_RUNTIME_DIR": home,
            # dlt would send telemetry, and look for its settings in Airflow's variables.
            "RUNTIME__DLTHUB_TELEMETRY": "False",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "PROVIDERS__ENABLE_AIRFLOW_SECRETS": "False",
        }
    )
