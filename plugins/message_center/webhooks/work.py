"""What is done in a window of webhooks: see what has changed, tell it, and note who has taken it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from psycopg.rows import class_row

from message_center.accounts.webhook import Webhook
from message_center.errors import one_line
from message_center.instances.window_counts import counted
from message_center.sql import statement
from message_center.webhooks.message import Message
from message_center.webhooks.receiver import Receiver
from message_center.workflows import DELIVER_WEBHOOKS

log = structlog.get_logger(__name__)

COUNTS = ("told", "failed")
MAX_ROWS = 5000  # events read in one look
MAX_WAITING = 10_000  # messages that wait for a receiver: what changes meanwhile is read later
IN_HAND, LOW = 400, 200
LOOK_SECONDS = 0.5  # between two looks for a receiver while something is on its way
ANSWER_WAIT_SECONDS, GATHERING_SECONDS = 0.1, 0.01
TURN_SECONDS = 0.5  # how often a window asks whether the one before it has ended
LOAD_SECONDS, LOAD_AGAIN_SECONDS = 30.0, 5.0
FORGET_SECONDS, FORGET_ROWS = 60.0, 10_000
FINISH_SECONDS = 5.0

Load = Callable[[], Sequence[Webhook]]


@dataclass
class WebhookDelivery:
    """
    The work of a deliverWebhooks window.

    :param load: asks Airflow for the webhooks, in a thread; what it raises keeps things as they are.
    :param patience: after how long a failing webhook is disabled.
    :param kept: for how long it is remembered what was told.
    """

    load: Load
    patience: timedelta
    kept: timedelta
    heartbeat_name: str = DELIVER_WEBHOOKS.name
    receivers: dict[str, Receiver] = field(default_factory=dict, init=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False)
    _has_turn: bool = field(default=False, init=False)
    _is_set: bool = field(default=False, init=False)
    _answered: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _loading: asyncio.Task[Sequence[Webhook]] | None = field(default=None, init=False)
    _next: dict[str, float] = field(default_factory=dict, init=False)

    def resume(self, noted: Mapping[str, Any]) -> None:
        """Begin on a new connection: what is on its way may be another window's by now; what was answered is logged."""
        self._counts = counted(noted, COUNTS)
        self._has_turn = False
        self.give_up()

    async def step(self, connection: psycopg.AsyncConnection) -> bool:
        """Log what was answered, look what is to be told, and wait a moment for answers."""
        if not (await self._takes_turn(connection) and await self._knows_webhooks(connection)):
            return False
        is_busy = await self._log(connection)
        for receiver in self.receivers.values():
            is_busy |= await self._look(connection, receiver)
        if any(receiver.on_their_way for receiver in self.receivers.values()):
            await self._some_answers()
            return True
        return is_busy

    async def maintain(self, connection: psycopg.AsyncConnection) -> None:
        """Forget what was told long ago."""
        if self._has_turn and self._is_due("forget", FORGET_SECONDS):
            given = {"kept": self.kept, "max_rows": FORGET_ROWS}
            await connection.execute(statement("execution/forget_webhook_messages"), given)

    async def finish(self, connection: psycopg.AsyncConnection) -> None:
        """Begin nothing more, wait for what is on its way, and log it: the next window need not send it again."""
        if self.receivers and self._has_turn:
            await asyncio.gather(*(each.until_quiet(FINISH_SECONDS) for each in self.receivers.values()))
            await self._log(connection)

    def counts(self) -> dict[str, Any]:
        """Return how many messages were taken, and how many tries failed."""
        return {name: self._counts[name] for name in COUNTS}

    def give_up(self) -> None:
        """Send nothing more of what is on its way; it is sent again."""
        for receiver in self.receivers.values():
            receiver.cancel()

    async def close(self) -> None:
        """Leave nothing under way, and no connection open."""
        if self._loading is not None:
            self._loading.cancel()
        await asyncio.gather(*(receiver.close() for receiver in self.receivers.values()))

    async def _takes_turn(self, connection: psycopg.AsyncConnection) -> bool:
        """Whether this is the window that tells: of two that overlap, the one that began first."""
        if not self._has_turn and self._is_due("turn", TURN_SECONDS):
            cursor = await connection.execute(statement("execution/webhook_lock"))
            row = await cursor.fetchone()
            self._has_turn = bool(row and row[0])
        return self._has_turn

    async def _knows_webhooks(self, connection: psycopg.AsyncConnection) -> bool:
        """Take over what Airflow says of the webhooks, when it has said so; ask again from time to time."""
        if self._loading is None and self._is_due("load", LOAD_SECONDS):
            self._loading = asyncio.create_task(asyncio.to_thread(self.load))
        if self._loading is not None and not self._is_set:
            await asyncio.wait({self._loading})
        if self._loading is not None and self._loading.done():
            loaded, self._loading = self._loading, None
            if error := loaded.exception():
                log.warning("Airflow does not tell the webhooks", error=one_line(error))
                self._next["load"] = self._now() + LOAD_AGAIN_SECONDS
            else:
                await self._set(connection, loaded.result())
        return self._is_set

    async def _set(self, connection: psycopg.AsyncConnection, webhooks: Sequence[Webhook]) -> None:
        # What was answered to one that has changed, or is gone, need not be told again.
        await self._log(connection)
        rows = json.dumps([webhook.as_row() for webhook in webhooks])
        await connection.execute(statement("execution/set_webhooks"), {"webhooks": rows})
        before, self.receivers = self.receivers, {}
        for webhook in webhooks:
            known = before.get(webhook.name)
            if known is not None and known.webhook == webhook:
                self.receivers[webhook.name] = before.pop(webhook.name)
            else:
                self.receivers[webhook.name] = Receiver(webhook, self._answered)
        for gone in before.values():
            await gone.close()
        self._is_set = True

    async def _look(self, connection: psycopg.AsyncConnection, receiver: Receiver) -> bool:
        """Note what has changed for a receiver, and take up what it is to be told; whether there may be more."""
        is_busy, has_more = bool(receiver.on_their_way), False
        if not is_busy or self._now() >= receiver.next_look:
            receiver.next_look = self._now() + LOOK_SECONDS
            receiver.has_more = True
            given = {"webhook": receiver.webhook.name, "max_rows": MAX_ROWS, "max_waiting": MAX_WAITING}
            cursor = await connection.execute(statement("execution/read_changes"), given, prepare=True)
            row = await cursor.fetchone()
            has_more = bool(row and row[0])
        if receiver.has_more and len(receiver.on_their_way) <= LOW:
            await self._take_up(connection, receiver)
        return has_more

    async def _take_up(self, connection: psycopg.AsyncConnection, receiver: Receiver) -> None:
        on_their_way = receiver.on_their_way
        room = IN_HAND - len(on_their_way)
        given = {"webhook": receiver.webhook.name, "on_their_way": on_their_way, "max_messages": room}
        async with connection.cursor(row_factory=class_row(Message)) as rows:
            await rows.execute(statement("execution/next_webhook_messages"), given, prepare=True)
            messages = await rows.fetchall()
        receiver.has_more = len(messages) == room
        if messages:
            receiver.begin_again()
        for message in messages:
            receiver.tell(message)

    async def _log(self, connection: psycopg.AsyncConnection) -> bool:
        rows = {name: receiver.told_rows() for name, receiver in self.receivers.items()}
        if told := [row for each in rows.values() for row in each]:
            given = {"outcomes": json.dumps(told), "patience": self.patience}
            await connection.execute(statement("execution/log_webhook_messages"), given, prepare=True)
            for name, each in rows.items():
                del self.receivers[name].told[: len(each)]
            failed = sum(row["error"] is not None for row in told)
            self._counts.update(told=len(told) - failed, failed=failed)
        return bool(told)

    async def _some_answers(self) -> None:
        self._answered.clear()
        try:
            await asyncio.wait_for(self._answered.wait(), ANSWER_WAIT_SECONDS)
        except asyncio.TimeoutError:
            return
        await asyncio.sleep(GATHERING_SECONDS)

    def _is_due(self, what: str, seconds: float) -> bool:
        is_due = self._now() >= self._next.get(what, 0.0)
        if is_due:
            self._next[what] = self._now() + seconds
        return is_due

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
