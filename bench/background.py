"""A window at work in a thread of its own, while something else is measured."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from bench.drain import LONG, connector
from message_center.queues.routing import Routing
from message_center.queues.window import Window
from message_center.workflows import RT_EVENTS_PROCESSING


@contextmanager
def window_at_work(uri: str) -> Iterator[Window]:
    """Route the events of the real-time queue in the meantime."""
    window = Window(
        "mcBench", Routing("rt", RT_EVENTS_PROCESSING.name), datetime.now(timezone.utc) + LONG, connector(uri)
    )
    thread = threading.Thread(target=lambda: asyncio.run(window.run()))
    thread.start()
    try:
        yield window
    finally:
        window.end = datetime.now(timezone.utc)
        thread.join()
