"""A sending loop: takes claims one by one and sends them over a session of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from message_center.delivery import outcomes
from message_center.delivery.claims import Claim
from message_center.delivery.errors import ServerError
from message_center.delivery.hand import Hand
from message_center.delivery.outcomes import Outcome
from message_center.delivery.sender import Session
from message_center.rendering.errors import RenderingError

log = structlog.get_logger(__name__)


class SendingLoop:
    """One of the several loops of a window that send side by side."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.session: Session[Any] | None = None
        self.failures = 0

    async def run(self, connect_at_once: bool) -> None:
        """
        Send until the queue gives ``None``.

        :param connect_at_once: not only for the first claim: nothing is claimed while the server can't be reached.
        """
        try:
            if connect_at_once:
                await self._open()
            while (claim := await self.hand.queue.get()) is not None:
                await self.hand.journal.room()
                try:
                    self.hand.journal.add(await self._outcome(claim))
                except ServerError as error:
                    self.hand.journal.add(outcomes.server_trouble(claim.event.event_id, str(error)))
                    await self._recover(error)
        finally:
            if self.session is not None:
                await self.session.close()

    async def _outcome(self, claim: Claim) -> Outcome:
        await self._open()
        is_late = asyncio.get_running_loop().time() > claim.begin_before
        if self.session is None or self.hand.is_over() or is_late:
            return outcomes.given_back(claim.event.event_id)
        outcome = await self._deliver(self.session, claim)
        self.failures = 0
        return outcome

    async def _deliver(self, session: Session[Any], claim: Claim) -> Outcome:
        event, sender = claim.event, self.hand.sender
        if (reason := self.hand.claims.stopped.get(event.type)) is not None:
            return outcomes.stopped(event.event_id, reason)
        try:
            if claim.template is None:
                raise RenderingError(f"message template {event.template_id} does not exist")
            message = sender.render(claim.template, event)
        except RenderingError as error:
            return outcomes.not_rendered(event.event_id, str(error))
        try:
            outcome = await asyncio.wait_for(session.send(message), self.hand.lease.total_seconds() / 4)
        except asyncio.TimeoutError as error:
            raise ServerError(f"{sender.server}: no answer in time") from error
        self.hand.answered += 1
        return outcome

    async def _recover(self, error: ServerError) -> None:
        log.warning("Session lost", account=self.hand.account, error=str(error))
        self.failures += 1
        if self.session is not None:
            await self.session.close()
            self.session = None
        await self.hand.pause(self.failures)
        await self._open()
        self.hand.trouble = self.hand.trouble or str(error)

    async def _open(self) -> None:
        """See that there is an open session, however long that takes; there is none when the window is over before."""
        if self.session is not None and self.session.is_open:
            return
        self.session, failures = None, 0
        while not self.hand.is_over():
            try:
                self.session = await self.hand.sender.open_session()
            except ServerError as error:
                failures += 1
                self.hand.ready.clear()
                self.hand.trouble = str(error)
                log.warning("Server not reached", account=self.hand.account, error=self.hand.trouble)
                await self.hand.pause(failures)
            else:
                self.hand.trouble = ""
                self.hand.ready.set()
                return
