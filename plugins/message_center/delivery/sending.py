"""A sending loop: takes claims one by one and sends them over a session of its own."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import structlog

from message_center.delivery import outcomes
from message_center.delivery.claims import Claim
from message_center.delivery.errors import (
    SenderRefusedError,
    ServerError,
    SessionEndedError,
    ThrottledError,
    TooManySessionsError,
)
from message_center.delivery.hand import Hand
from message_center.delivery.outcomes import Outcome
from message_center.delivery.sender import Session
from message_center.rendering.errors import RenderingError

log = structlog.get_logger(__name__)

MAX_SESSIONS_A_MESSAGE = 2  # a message that ends a second session counts as tried
MAX_REFUSALS = 5  # so many in a row are no matter of single messages: all wait


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
                    outcome = await self._outcome(claim)
                except TooManySessionsError:
                    self.hand.queue.put(claim)
                    return
                except ThrottledError as error:
                    self._slow_down(error)
                    self.hand.queue.put(claim)
                except ServerError as error:
                    self.hand.journal.add(outcomes.server_trouble(claim.event.event_id, str(error)), claim.token)
                    await self._recover(error)
                else:
                    self.hand.journal.add(outcome, claim.token)
        finally:
            await self._close()

    async def _outcome(self, claim: Claim) -> Outcome:
        """Return what becomes of a claim; what needs no server needs no session either."""
        hand, event, template = self.hand, claim.event, claim.template
        if (reason := hand.claims.stopped.get(event.type)) is not None:
            return outcomes.stopped(event.event_id, reason)
        if claim.unreadable is not None:
            return outcomes.not_rendered(event.event_id, claim.unreadable)
        if template is None:
            return outcomes.not_rendered(event.event_id, f"message template {event.template_id} does not exist")
        if (said := hand.refusal_of_sender(template.sender)) is not None:
            return outcomes.sender_refused(event.event_id, said)
        try:
            message = hand.sender.render(template, event)
        except RenderingError as error:
            return outcomes.not_rendered(event.event_id, str(error))
        try:
            return await self._send(claim, message)
        except SenderRefusedError as error:
            hand.refuse_sender(template.sender, str(error))
            return outcomes.sender_refused(event.event_id, str(error))

    async def _send(self, claim: Claim, message: Any) -> Outcome:
        for left in reversed(range(MAX_SESSIONS_A_MESSAGE)):
            await self.hand.sleep(self.hand.throttle.reserve())
            await self._open()
            await self.hand.database()
            if self.session is None or self.hand.is_over() or not self.hand.claims.may_begin(claim):
                break
            try:
                return await self._answer(self.session, message)
            except SessionEndedError:
                if not left:
                    raise
                await self._close()
        return outcomes.given_back(claim.event.event_id)

    async def _answer(self, session: Session[Any], message: Any) -> Outcome:
        try:
            outcome = await asyncio.wait_for(session.send(message), self.hand.lease.total_seconds() / 4)
        except asyncio.TimeoutError as error:
            raise ServerError(f"{self.hand.sender.server}: no answer in time") from error
        self.hand.answered += 1
        self.hand.throttle.accepted()
        self.failures = self.hand.refusals = 0
        return outcome

    def _slow_down(self, error: ThrottledError) -> None:
        if not self.hand.trouble:
            log.warning("Server takes no more for now", account=self.hand.account, error=str(error))
        self.hand.trouble = str(error)
        self.hand.throttle.refused()

    async def _recover(self, error: ServerError) -> None:
        if self.session is not None and self.session.is_open and self.hand.refusals < MAX_REFUSALS:
            self.hand.refusals += 1
            self.hand.trouble = str(error)
            return
        log.warning("Session lost", account=self.hand.account, error=str(error))
        self.failures += 1
        await self._close()
        await self.hand.pause(self.failures)
        with contextlib.suppress(TooManySessionsError):
            await self._open()
        self.hand.trouble = self.hand.trouble or str(error)

    async def _close(self) -> None:
        if self.session is not None:
            session, self.session = self.session, None
            self.hand.sessions -= 1
            await session.close()

    async def _open(self) -> None:
        """See that there is an open session, however long that takes; there is none when the window is over before."""
        if self.session is not None and self.session.is_open:
            return
        await self._close()
        failures = 0
        while not self.hand.is_over():
            try:
                self.session = await self.hand.sender.open_session()
            except ServerError as error:
                failures += 1
                if isinstance(error, ThrottledError) and self.hand.sessions:
                    raise TooManySessionsError(str(error)) from error
                self.hand.ready.clear()
                self.hand.trouble = str(error)
                log.warning("Server not reached", account=self.hand.account, error=self.hand.trouble)
                await self.hand.pause(failures)
            else:
                self.hand.sessions += 1
                self.hand.trouble = ""
                self.hand.ready.set()
                return
