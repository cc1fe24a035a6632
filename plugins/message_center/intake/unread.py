"""Results that a client has not read yet: many a one sends all that it has before it reads anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile

MAX_IN_MEMORY = 1024 * 1024
MAX_UNREAD_BYTES = 256 * 1024 * 1024
"""Results of some six million events; who leaves more unread is read from no further."""
PART = 64 * 1024


class Unread:
    """
    A queue of bytes: a little in memory, the rest in a file.

    Without it, a client that does not read stops the door from writing, the door that waits stops reading, and the
    client waits for ever to send the rest.
    """

    def __init__(self, max_bytes: int = MAX_UNREAD_BYTES) -> None:
        self.max_bytes = max_bytes
        self._file = SpooledTemporaryFile(MAX_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._read = self._written = 0
        self._is_over = False
        self._changed = asyncio.Event()

    async def put(self, data: bytes) -> None:
        """Add bytes, once there is room for them."""
        while self._written - self._read > self.max_bytes:
            await self._change()
        self._file.seek(self._written)
        self._file.write(data)
        self._written += len(data)
        self._changed.set()

    def end(self) -> None:
        """Say that nothing more will come."""
        self._is_over = True
        self._changed.set()

    async def size(self) -> int:
        """Return how many bytes there are in all, once it is over."""
        while not self._is_over:
            await self._change()
        return self._written - self._read

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield what has been put, until the end."""
        while True:
            if self._read < self._written:
                self._file.seek(self._read)
                part = self._file.read(PART)
                # Whole lines, if there are any.
                part = part[: part.rfind(b"\n") + 1] or part
                self._read += len(part)
                self._changed.set()
                yield part
            elif self._is_over:
                return
            else:
                # All of it is read: its room is used again.
                self._file.truncate(0)
                self._read = self._written = 0
                await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def close(self) -> None:
        self._file.close()
