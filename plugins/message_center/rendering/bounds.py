"""What the rendering of one message may take: seconds of a processor, and memory. What breaks a bound fails alone."""

from __future__ import annotations

import atexit
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MAX_SECONDS = 2.0  # of the processor, not of the clock: a busy machine makes no message too slow
TICK_SECONDS = 0.25
MAX_MEMORY_BYTES = 1024**3  # more than the process had when its window began
MAX_PART_CHARACTERS = 10 * 1024**2  # servers take 10 to 35 MB a message
MAX_POWER_BITS = 10_000

_STATM = Path("/proc/self/statm")


class BoundError(RuntimeError):
    """A bound was broken; the text says which."""


def bounded_power(base: Any, exponent: Any) -> Any:
    """
    Return a power.

    :raises BoundError: if it would have thousands of digits: nothing interrupts Python while it computes one.
    """
    if isinstance(base, int) and isinstance(exponent, int) and abs(base).bit_length() * exponent > MAX_POWER_BITS:
        raise BoundError("a power with thousands of digits")
    return base**exponent


class Watch:
    """
    Ends what takes too long.

    A timer of the processor's time ticks while it runs; each tick looks how old the work under way is. Setting a timer
    for each message would cost more than many a message. Signals, and so the watch, are of the main thread only, where
    the engine renders.
    """

    def __init__(self) -> None:
        self._ticks = 0
        self._began: int | None = None
        self._is_running = False

    @contextmanager
    def over(self) -> Iterator[None]:
        """
        Watch over what is done inside.

        :raises BoundError: if it takes too long.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        if not self._is_running:
            # Airflow's own timeouts use another timer.
            signal.signal(signal.SIGPROF, self._tick)
            signal.setitimer(signal.ITIMER_PROF, TICK_SECONDS, TICK_SECONDS)
            # Python's end takes the handler away before the process ends, and a last tick would kill it.
            atexit.register(signal.setitimer, signal.ITIMER_PROF, 0)
            self._is_running = True
        self._began = self._ticks
        try:
            yield
        finally:
            self._began = None

    def _tick(self, *_: object) -> None:
        self._ticks += 1
        if self._began is not None and self._ticks - self._began > MAX_SECONDS / TICK_SECONDS:
            self._began = None
            raise BoundError(f"more than {MAX_SECONDS:g} s of the processor")


WATCH = Watch()


@contextmanager
def bounded_memory() -> Iterator[None]:
    """Bound the memory of this process, so that what wants too much gets a :class:`MemoryError`; on Linux."""
    if not _STATM.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = int(_STATM.read_text().split()[0]) * resource.getpagesize() + MAX_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
