"""How a window learns that it is to end early: one look for all windows of a process, every few seconds."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from message_center.errors import one_line
from message_center.metadata.endings import Endings, read_endings

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
"""How often a process looks. With the refresh of the DAG bundle before it, a pause takes effect within ten seconds."""

WORKER_LOOK_SECONDS = 4.0
"""How often a worker's process looks, which has one window: each look is a request to the API server."""

End = Callable[[str], None]


@dataclass
class EndingWatch:
    """
    Ends the windows of a process that are to end.

    It looks as long as there are windows, in a thread: Airflow's answer may take a while.
    """

    look_seconds: float = LOOK_SECONDS
    read: Callable[[], Endings] = read_endings
    _windows: dict[tuple[str, str], list[End]] = field(default_factory=dict, init=False)
    _looking: asyncio.Task[None] | None = field(default=None, init=False)

    @contextmanager
    def over(self, dag_id: str, run_id: str, end: End) -> Iterator[None]:
        """Call ``end`` with the reason, from the event loop, when a window of this run is to end."""
        ends = self._windows.setdefault((dag_id, run_id), [])
        ends.append(end)
        if self._looking is None or self._looking.done():
            # In a context of its own: what it logs is not the first window's, nor does it end with that one.
            self._looking = contextvars.Context().run(asyncio.create_task, self._look())
        try:
            yield
        finally:
            ends.remove(end)
            if not ends:
                self._windows.pop((dag_id, run_id), None)
            if not self._windows:
                looking, self._looking = self._looking, None
                looking.cancel()

    async def _look(self) -> None:
        while True:
            try:
                endings = await asyncio.to_thread(self.read)
            except Exception as error:  # noqa: BLE001 - whatever keeps Airflow from answering, the windows go on
                log.warning("Whether windows are to end cannot be seen", error=one_line(error))
            else:
                self._end(endings)
            await asyncio.sleep(self.look_seconds)

    def _end(self, endings: Endings) -> None:
        for run, ends in self._windows.items():
            if reason := endings.reason(*run):
                for end in ends:
                    end(reason)


WATCH = EndingWatch()
"""That of a triggerer's process, with hundreds of windows."""
