"""
Windows work for their instance, and go on without control; but none works an instance that is another control's.

An Airflow beside the one that an instance belongs to, such as a copy of it for tests, would send its messages through a
mail server of its own.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
import structlog
from psycopg.rows import class_row

from message_center.accounts.account import CONTROL_CONNECTION_ID
from message_center.errors import one_line
from message_center.instances.belonging import CONNECT_SECONDS, Instance, OtherControlError, identity_of
from message_center.instances.hooks import ANSWER_TIMEOUTS, ControlInstanceHook, connected
from message_center.sql import statement

log = structlog.get_logger(__name__)

Connect = Callable[[], Awaitable[psycopg.AsyncConnection]]
KNOWN_SECONDS, RETRY_SECONDS = 600.0, 60.0


@dataclass
class KnownControl:
    """
    Who control is, as a process knows it: asked once for all of its windows, which begin together.

    While control is away it is who it was.
    """

    _identity: uuid.UUID | None = field(default=None, init=False)
    _until: float = field(default=float("-inf"), init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def identity(self) -> uuid.UUID | None:
        """Return it, or ``None`` as long as nobody has told. Blocks: not for an event loop."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._until = time.monotonic() + (KNOWN_SECONDS if self._ask() else RETRY_SECONDS)
            return self._identity

    def _ask(self) -> bool:
        try:
            with connected(ControlInstanceHook(), CONTROL_CONNECTION_ID, ANSWER_TIMEOUTS, CONNECT_SECONDS) as control:
                self._identity = identity_of(control)
        except Exception as error:  # noqa: BLE001 - whatever keeps Airflow or control from answering, windows go on
            log.warning("Whose the instances of windows are cannot be asked: they go on", error=one_line(error))
            return False
        return True


KNOWN_CONTROL = KnownControl()
"""That of this process."""


def own_connections(connect: Connect, account: str, control: uuid.UUID | None) -> Connect:
    """
    Return what opens a window's connections, to nobody else's instance.

    What it returns raises ``OtherControlError`` if the instance is another control's.

    :param control: who control is; ``None``: that cannot be told, which keeps a window from nothing.
    """

    async def opened() -> psycopg.AsyncConnection:
        connection = await connect()
        try:
            await _refuse_others(connection, account, control)
        except BaseException:
            await connection.close()
            raise
        return connection

    return opened if control else connect


async def _refuse_others(connection: psycopg.AsyncConnection, account: str, control: uuid.UUID | None) -> None:
    rows = connection.cursor(row_factory=class_row(Instance))
    instance = await (await rows.execute(statement("execution/identity"))).fetchone()
    if instance and instance.control not in (None, control):
        raise OtherControlError(account, instance)
