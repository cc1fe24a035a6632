"""
Sessions: secrets that a caller gets for its own one, and that are good for a day.

They are kept like any other key, so that each process of the doors knows those of the others.
"""

from __future__ import annotations

import time

from message_center.intake.doors import Entry
from message_center.intake.keys import digest_of, id_of, new_secret

SESSION_SECONDS = 24 * 3600


class Sessions:
    """The sessions that this process has opened: one for each key, and for half of its time the same again."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, float]] = {}

    async def open(self, entry: Entry) -> str:
        """Return the secret of a session. Who logs on before every call has few of them all the same."""
        secret, until = self._open.get(entry.key.id, ("", 0.0))
        # One that another process, or an operator, has ended opens nothing.
        if until < time.monotonic() or id_of(secret) not in entry.instance.keys:
            secret, until = new_secret(), time.monotonic() + SESSION_SECONDS / 2
            await entry.instance.rows(
                "open_session", entry.key.id, id_of(secret), digest_of(secret), float(SESSION_SECONDS)
            )
            await entry.instance.refresh()
            self._open[entry.key.id] = secret, until
        return secret
