"""Sessions that may stand still: each works in a thread, so that one which waits for a lock holds up no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Work = Callable[[Connection], Any]

SETTLED_WAIT_MS = 8
"""A lock that is waited for longer than routing's own lock_timeout will not be had soon."""

LOCK_WAITS = """
    select pid
    from pg_locks
    where not granted and pid = any(%s) and waitstart < clock_timestamp() - %s * interval '1 ms'
"""
# What a session that ends leaves, at a tenth of the cost of another one: settings, cursors among them, and locks.
BEGIN_ANEW = "reset all; select pg_advisory_unlock_all()"


def kill(connection: Connection, killer: Connection) -> None:
    """End a session, and return when it is gone."""
    pid = connection.info.backend_pid
    killer.execute("select pg_terminate_backend(%s)", [pid])
    while killer.execute("select 1 from pg_stat_activity where pid = %s", [pid]).fetchone():
        time.sleep(0.0005)


class Session:
    """One session on an execution database; every piece of work is a transaction of its own."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._thread = ThreadPoolExecutor(1)
        self.work: Future[Any] | None = None
        self.owner: int | None = None
        self.connection = self._connect()

    def _connect(self) -> Connection:
        return psycopg.connect(self._uri, autocommit=True)

    @property
    def pid(self) -> int:
        """The process on the server."""
        return self.connection.info.backend_pid

    def start(self, work: Work) -> None:
        """Begin a transaction and do some work in it, in the thread."""

        def transaction() -> Any:
            self.connection.execute("begin")
            return work(self.connection)

        self.work = self._thread.submit(transaction)

    def end(self, command: str) -> None:
        """Commit or roll back what was started and has come to its end."""
        self.connection.execute(command)
        self.work = None

    def forget(self) -> None:
        """Be a new session, at the head of every queue."""
        self.connection.execute(BEGIN_ANEW)
        self.owner = None

    def hold_claims(self) -> None:
        """Have a lock by which others see that what this session claims is somebody's."""
        row = self.connection.execute("select message_center.hold_claims(%s)", [self.owner]).fetchone()
        self.owner = row[0] if row else None

    def crash(self, killer: Connection) -> None:
        """Lose the connection at once, whatever it was doing."""
        kill(self.connection, killer)
        if self.work is not None:
            self.work.exception()
        self.work = None
        self.owner = None
        self.connection.close()
        self.connection = self._connect()

    def cancel(self, killer: Connection) -> None:
        """Break a statement off, and its transaction with it."""
        assert self.work is not None
        while not self.work.done():
            killer.execute("select pg_cancel_backend(%s)", [self.pid])
            time.sleep(0.001)
        self.end("rollback")

    def close(self) -> None:
        """Let the connection and the thread go."""
        self.connection.close()
        self._thread.shutdown()


def settle(sessions: Iterable[Session], observer: Connection) -> None:
    """Wait until the work of each session is done, or waits for a lock that another one holds."""
    running = {session.pid: session for session in sessions if session.work is not None}
    while running:
        for pid, session in list(running.items()):
            assert session.work is not None
            try:
                session.work.exception(timeout=0.004)
            except TimeoutError:
                continue
            del running[pid]
        if running:
            for (pid,) in observer.execute(LOCK_WAITS, [list(running), SETTLED_WAIT_MS]).fetchall():
                running.pop(pid, None)
