"""
The e-mail engine: one window of deliveries.

Three things go on at once: claiming ahead, sending over several kept-alive SMTP sessions, logging in small sets.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import psycopg
import structlog

from message_center.delivery import outcomes
from message_center.delivery.claims import Claim, Claims
from message_center.delivery.errors import DeliveryError, RenderingError, ServerError
from message_center.delivery.journal import Journal
from message_center.delivery.link import DatabaseLostError, Link
from message_center.delivery.outcomes import Outcome
from message_center.delivery.pace import Pace
from message_center.delivery.rendering import render
from message_center.delivery.smtp import MailHook, SmtpSession
from message_center.window import HEARTBEAT_SECONDS, Connect

log = structlog.get_logger(__name__)

CLOSING_SECONDS = 1.0  # no claims in the last second of a window
STOP_SECONDS = 5.0  # what is being sent when the engine is stopped may take so long to end
LOGGING_GRACE_SECONDS = 60.0  # an outcome that is not logged means a second message: try beyond the window
LONGEST_SMTP_BACKOFF_SECONDS = 15.0
QUEUE_POLL_SECONDS = 0.005
SWITCH_SECONDS = 1.0  # how long what is in hand may go on being sent after its event type was stopped


async def deliver_window(
    connect: Connect,
    account: str,
    mail: MailHook,
    window_end: datetime,
    *,
    sessions: int = 4,
    max_events: int = 200,
    lease: timedelta = timedelta(minutes=5),
    stop: asyncio.Event | None = None,
) -> dict[str, int]:
    """
    Deliver e-mails until the window's end.

    :param connect: opens an autocommit connection to the execution database; see ``opener`` of the hook.
    :param account: the account, for messages.
    :param mail: opens SMTP sessions; loaded.
    :param sessions: how many SMTP sessions work side by side.
    :param max_events: how many events are claimed at once; at most twice as many are held.
    :param lease: after which claims of a crashed engine come back.
    :param stop: set to end the window early: what is being sent is finished, the rest given back.
    :return: counts: sent, ignored (stopped in hand), failed, postponed (tried later or given back), refused outcomes,
        reconnects.
    :raises DeliveryError: if the window never got through to its database or its SMTP server.
    """
    window = DeliveryWindow(account, connect, mail, window_end, sessions, max_events, lease)
    window.stop = stop or window.stop
    return await window.run()


@dataclass
class DeliveryWindow:
    """The state of one window; see :func:`deliver_window`."""

    account: str
    connect: Connect
    mail: MailHook
    end: datetime
    sessions: int
    max_events: int
    lease: timedelta
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: str = ""
    answered: int = 0
    smtp_reconnects: int = 0

    def __post_init__(self) -> None:
        end = asyncio.get_running_loop().time() + self.seconds_left()
        grace = min(LOGGING_GRACE_SECONDS, self.lease.total_seconds() / 2)
        engine = f"deliveryExecution@{socket.gethostname()}:{os.getpid()}"
        self.queue: asyncio.Queue[Claim | None] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.claims = Claims.over(self.account, engine, self.lease, self.connect, end)
        self.journal = Journal(self.account, engine, Link(self.account, self.connect, end + grace))
        self.pace = Pace(self.sessions, self.max_events)

    def seconds_left(self) -> float:
        """Return the time to the window's end, negative after it."""
        return (self.end - datetime.now(timezone.utc)).total_seconds()

    def is_over(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.stop.is_set() or self.seconds_left() <= 0

    def counts(self) -> dict[str, int]:
        """Return what the window has done so far."""
        reconnects = self.claims.link.reconnects + self.journal.link.reconnects
        return {
            **dict.fromkeys(("sent", "ignored", "failed", "postponed", "refused"), 0),
            **self.journal.counts,
            "database_reconnects": reconnects,
            "smtp_reconnects": self.smtp_reconnects,
        }

    async def run(self) -> dict[str, int]:
        """Work until the end, then leave nothing unlogged; see :func:`deliver_window`."""
        working = asyncio.create_task(self._work())
        logging = asyncio.create_task(self.journal.keep())
        try:
            try:
                await asyncio.wait({working, logging}, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                self.stop.set()
                await self._settle(working, logging)
            self._raise_failure(working, logging)
            with contextlib.suppress(DatabaseLostError):
                await self._claim_heartbeat("success")
        finally:
            await self.claims.link.close()
            await self.journal.link.close()
        return self.counts()

    def _raise_failure(self, *tasks: asyncio.Task[None]) -> None:
        """Raise what made the window fail; an outage that it got through is none."""
        for error in [task.exception() for task in tasks if not task.cancelled()]:
            if isinstance(error, DatabaseLostError):
                if self.journal.unlogged or not self.claims.link.got_through:
                    raise self._database_error(error) from error
            elif isinstance(error, psycopg.ProgrammingError):
                raise self._refused_error(error) from error
            elif error is not None:
                raise error
        if self.trouble and not self.answered:
            raise self._smtp_error()

    async def _work(self) -> None:
        senders = [asyncio.create_task(self._send(number)) for number in range(self.sessions)]
        try:
            await self._claim()
        finally:
            for _ in senders:
                self.queue.put_nowait(None)
            try:
                await asyncio.gather(*senders)
            finally:
                for sender in senders:
                    sender.cancel()
                self.journal.close()

    async def _settle(self, working: asyncio.Task[None], logging: asyncio.Task[None]) -> None:
        """End the senders in peace, give back what they left, and log all of it."""
        if not working.done():
            await asyncio.wait({working}, timeout=STOP_SECONDS)
        while not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=1)
        while not self.queue.empty():
            if (claim := self.queue.get_nowait()) is not None:
                self.journal.add(outcomes.given_back(claim.event.event_id))
        self.journal.close()
        await asyncio.wait({logging})
        if self.journal.unlogged and not logging.cancelled() and logging.exception() is None:
            await self.journal.keep()

    async def _claim(self) -> None:
        await self._claim_heartbeat("start")
        next_heartbeat, next_look = HEARTBEAT_SECONDS, 0.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        while not self.is_over() and (left := self.seconds_left() - CLOSING_SECONDS) > 0:
            if loop.time() - started > next_heartbeat:
                next_heartbeat += HEARTBEAT_SECONDS
                await self._claim_heartbeat("progress")
            if loop.time() - started > next_look:
                next_look = loop.time() - started + SWITCH_SECONDS
                await self.claims.look_at_switches()
            size = self.pace.size(self.journal.settled)
            if not self.ready.is_set() or self.queue.qsize() >= size:
                await asyncio.sleep(QUEUE_POLL_SECONDS)
                continue
            claims = await self.claims.next(size) or await self.claims.next_or_wait(size, left)
            self.pace.claimed(self.journal.settled)
            for claim in claims:
                self.queue.put_nowait(claim)

    async def _send(self, number: int) -> None:
        """One sender. The first connects at once: nothing is claimed while the server can't be reached."""
        session = await self._session(None) if number == 0 else None
        failures = 0
        try:
            while (claim := await self.queue.get()) is not None:
                await self.journal.room()
                session = await self._session(session)
                if session is None or self.is_over() or asyncio.get_running_loop().time() > claim.begin_before:
                    self.journal.add(outcomes.given_back(claim.event.event_id))
                    continue
                try:
                    self.journal.add(await self._deliver(session, claim))
                    failures = 0
                except ServerError as error:
                    self.journal.add(outcomes.server_trouble(claim.event.event_id, str(error)))
                    failures += 1
                    session = await self._after_trouble(session, error, failures)
        finally:
            if session is not None:
                await session.close()

    async def _deliver(self, session: SmtpSession, claim: Claim) -> Outcome:
        event = claim.event
        if (reason := self.claims.stopped.get(event.type)) is not None:
            return outcomes.stopped(event.event_id, reason)
        try:
            if claim.template is None:
                raise RenderingError(f"message template {event.template_id} does not exist")
            message = render(claim.template, event)
        except RenderingError as error:
            return outcomes.not_rendered(event.event_id, str(error))
        sending = session.send(event.event_id, message, claim.template.sender_address, event.address)
        try:
            outcome = await asyncio.wait_for(sending, self.lease.total_seconds() / 4)
        except asyncio.TimeoutError as error:
            raise ServerError(f"SMTP connection {self.mail.smtp_conn_id}: no answer in time") from error
        self.answered += 1
        return outcome

    async def _after_trouble(self, session: SmtpSession, error: ServerError, failures: int) -> SmtpSession | None:
        log.warning("SMTP session lost", account=self.account, error=str(error))
        await session.close()
        await self._pause(failures)
        reopened = await self._session(None)
        self.trouble = self.trouble or str(error)
        return reopened

    async def _session(self, session: SmtpSession | None) -> SmtpSession | None:
        """Return an open session, however long that takes; ``None`` when the window is over before."""
        if session is not None and session.is_open:
            return session
        failures = 0
        while not self.is_over():
            try:
                opened = await self.mail.open_session()
            except ServerError as error:
                failures += 1
                self.ready.clear()
                self.trouble = str(error)
                log.warning("SMTP server not reached", account=self.account, error=self.trouble)
                await self._pause(failures)
            else:
                self.trouble = ""
                self.ready.set()
                return opened
        return None

    async def _pause(self, failures: int) -> None:
        """Back off, but not beyond the window."""
        self.smtp_reconnects += 1
        seconds = min(0.25 * 2 ** min(failures - 1, 10), LONGEST_SMTP_BACKOFF_SECONDS, self.seconds_left())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.stop.wait(), max(0.0, seconds))

    async def _claim_heartbeat(self, phase: str) -> None:
        await self.claims.record_heartbeat(phase, self.end, self.counts(), self.trouble or None)

    def _database_error(self, error: DatabaseLostError) -> DeliveryError:
        unlogged = self.journal.unlogged
        lost = (
            f" {unlogged} messages may be sent a second time: their outcomes could not be logged." if unlogged else ""
        )
        return DeliveryError(
            f"deliveryExecution of account {self.account!r}: no connection to its database: {error}.{lost} "
            f"Test the connection {self.account!r} in Admin > Connections; the next window tries again by itself"
        )

    def _refused_error(self, error: psycopg.ProgrammingError) -> DeliveryError:
        return DeliveryError(
            f"deliveryExecution of account {self.account!r}: its database refuses the work: {error}. "
            f"mcSynch_{self.account} sets the database up; look at its last run"
        )

    def _smtp_error(self) -> DeliveryError:
        return DeliveryError(
            f"deliveryExecution of account {self.account!r} sent nothing in this window: {self.trouble}. "
            f"Check the SMTP connection {self.mail.smtp_conn_id!r} in Admin > Connections; nothing is lost, "
            "the next window tries again by itself"
        )
