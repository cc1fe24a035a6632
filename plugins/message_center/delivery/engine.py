"""
The delivery engine: one window of deliveries on one channel.

Three things go on at once::

    claiming                sending, over several sessions          logging
    claim_deliveries ─▶ queue ─▶ SendingLoop ─▶ the channel's server
                              └▶ outcome ─────────────────────────▶ journal ─▶ log_deliveries

and they end in this order, whether at the window's end, at ``stop`` or after an error: nothing more is claimed; what is
being sent is finished; what nobody has begun is given back; all of it is logged. So that no message is sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from datetime import datetime, timedelta
from typing import Any

import psycopg

from message_center.delivery import outcomes
from message_center.delivery.claims import HEARTBEAT_NAME, Claims
from message_center.delivery.errors import DeliveryError
from message_center.delivery.hand import Hand
from message_center.delivery.journal import Journal
from message_center.delivery.ownership import Ownership
from message_center.delivery.pace import Pace
from message_center.delivery.queue import PacedQueue
from message_center.delivery.reconnecting import DatabaseLostError, ReconnectingConnection
from message_center.delivery.sender import Sender
from message_center.delivery.sending import SendingLoop
from message_center.delivery.throttle import Throttle
from message_center.instances.heartbeats import HEARTBEAT_SECONDS
from message_center.instances.window_counts import begin_window
from message_center.queues.window import Connect
from message_center.workflows import ARCHIVING

CLOSING_SECONDS = 1.0  # no claims in the last second of a window
STOP_SECONDS = 5.0  # what is being sent when the engine is stopped may take so long to end
LOGGING_GRACE_SECONDS = 60.0  # an outcome that is not logged means a second message: try beyond the window
QUEUE_POLL_SECONDS = 0.005
LOOK_SECONDS = 1.0  # how long what is in hand may go on being sent after its event type was stopped


async def deliver_window(
    connect: Connect,
    account: str,
    sender: Sender[Any],
    window_end: datetime,
    *,
    sessions: int = 4,
    max_events: int = 200,
    lease: timedelta = timedelta(minutes=5),
    stop: asyncio.Event | None = None,
) -> dict[str, int]:
    """
    Deliver the messages of a channel until the window's end.

    :param connect: opens an autocommit connection to the execution database; see ``opener`` of the hook.
    :param account: the account, for messages.
    :param sender: makes and sends the channel's messages.
    :param sessions: how many sessions with the channel's server work side by side.
    :param max_events: the number of events claimed at once; at most twice as many are held.
    :param lease: after which claims of a crashed engine come back.
    :param stop: set to end the window early: what is being sent is finished, the rest given back.
    :return: counts: sent, ignored (stopped in hand), failed, postponed (tried later or given back), refused outcomes,
        reconnects.
    :raises DeliveryError: if the window did not get through to its database for a minute, or never to it or its server.
    """
    loop = asyncio.get_running_loop()
    engine = f"{HEARTBEAT_NAME}@{socket.gethostname()}:{os.getpid()}"
    end = loop.time() + (window_end - datetime.now(window_end.tzinfo)).total_seconds()
    grace = min(LOGGING_GRACE_SECONDS, lease.total_seconds() / 2)
    ownership = Ownership(lease)
    claims = Claims.over(account, engine, sender.channel, lease, connect, end, ownership)

    async def prepare(connection: psycopg.AsyncConnection) -> None:
        await ownership.hold(connection)
        journal.resume(await begin_window(connection, HEARTBEAT_NAME, window_end))

    logging = ReconnectingConnection(account, connect, end + grace, prepare=prepare)
    ownership.connections.append(logging)
    journal = Journal(account, engine, logging)
    queue = PacedQueue(sender, lambda claim: journal.add(outcomes.given_back(claim.event.event_id), claim.token))
    throttle = Throttle(sender.limits.max_per_second)
    hand = Hand(account, sender, window_end, lease, claims, journal, stop or asyncio.Event(), queue, throttle)
    sessions = min(sessions, sender.limits.max_sessions or sessions)
    return await DeliveryWindow(hand, sessions, Pace(sessions, max_events)).run()


class DeliveryWindow:
    """The course of one window; see :func:`deliver_window`."""

    def __init__(self, hand: Hand, sessions: int, pace: Pace) -> None:
        self.hand, self.sessions, self.pace = hand, sessions, pace

    async def run(self) -> dict[str, int]:
        """Work until the end, then leave nothing unlogged."""
        hand = self.hand
        working = asyncio.create_task(self._claim_and_send())
        logging = asyncio.create_task(hand.journal.keep())
        try:
            try:
                await asyncio.wait({working, logging}, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                hand.stop.set()
                await self._settle(working, logging)
            self._raise_failure(working, logging)
            with contextlib.suppress(DatabaseLostError):
                await hand.heartbeat("success")
        finally:
            await hand.claims.database.close()
            await hand.journal.database.close()
        return hand.counts()

    async def _claim_and_send(self) -> None:
        loops = [asyncio.create_task(SendingLoop(self.hand).run(number == 0)) for number in range(self.sessions)]
        try:
            await self._claim()
        finally:
            for _ in loops:
                self.hand.queue.put(None)
            try:
                await asyncio.gather(*loops)
            finally:
                for sending in loops:
                    sending.cancel()
                self.hand.journal.close()

    async def _claim(self) -> None:
        """Claim as much as is sent in a second, and leave heartbeats."""
        hand, clock = self.hand, asyncio.get_running_loop().time
        await hand.heartbeat("start")
        next_heartbeat, next_look = clock() + HEARTBEAT_SECONDS, clock()
        while not hand.is_over() and (left := hand.seconds_left() - CLOSING_SECONDS) > 0:
            if clock() > next_heartbeat:
                next_heartbeat += HEARTBEAT_SECONDS
                await hand.heartbeat("progress")
            if clock() > next_look:
                next_look = clock() + LOOK_SECONDS
                await hand.claims.look_after_hand()
            size = self.pace.size(hand.journal.settled)
            if not hand.ready.is_set() or len(hand.queue) >= size:
                await asyncio.sleep(QUEUE_POLL_SECONDS)
                continue
            claims = await hand.claims.next(size) or await hand.claims.next_or_wait(size, left)
            self.pace.claimed(hand.journal.settled)
            for claim in claims:
                hand.queue.put(claim)

    async def _settle(self, working: asyncio.Task[None], logging: asyncio.Task[None]) -> None:
        """End the sending loops in peace, give back what they left, and log all of it."""
        if not working.done():
            await asyncio.wait({working}, timeout=STOP_SECONDS)
        while not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=1)
        journal = self.hand.journal
        # What cannot be given back comes back by itself; only what was sent is worth waiting for the database.
        is_lost = not working.cancelled() and isinstance(working.exception(), DatabaseLostError)
        for claim in self.hand.queue.drain():
            if not is_lost:
                self.hand.give_back(claim)
        journal.close()
        await asyncio.wait({logging})
        if journal.unlogged and not logging.cancelled() and logging.exception() is None:
            await journal.keep()

    def _raise_failure(self, *tasks: asyncio.Task[None]) -> None:
        """Raise what made the window fail; an outage that it got through is none."""
        for error in [task.exception() for task in tasks if not task.cancelled()]:
            if isinstance(error, DatabaseLostError):
                is_early = self.hand.seconds_left() > 0
                if is_early or self.hand.journal.unlogged or not self.hand.claims.database.got_through:
                    raise self._database_error(error) from error
            elif isinstance(error, psycopg.Error):
                raise self._refused_error(error) from error
            elif error is not None:
                raise error
        if self.hand.trouble and not self.hand.answered:
            raise self._server_error()

    def _database_error(self, error: DatabaseLostError) -> DeliveryError:
        account, unlogged = self.hand.account, self.hand.journal.unlogged
        lost = (
            f" {unlogged} messages may be sent a second time: their outcomes could not be logged." if unlogged else ""
        )
        return DeliveryError(
            f"{HEARTBEAT_NAME} of account {account!r}: no connection to its database: {error}.{lost} "
            f"Test the connection {account!r} in Admin > Connections; another window tries again by itself"
        )

    def _refused_error(self, error: psycopg.Error) -> DeliveryError:
        account = self.hand.account
        return DeliveryError(
            f"{HEARTBEAT_NAME} of account {account!r}: its database refuses the work: {error}. "
            f"{ARCHIVING.dag_id(account)} sets the database up; look at its last run"
        )

    def _server_error(self) -> DeliveryError:
        return DeliveryError(
            f"{HEARTBEAT_NAME} of account {self.hand.account!r} sent nothing in this window: {self.hand.trouble}. "
            f"Check the {self.hand.sender.server} in Admin > Connections; nothing is lost, "
            "another window tries again by itself"
        )
