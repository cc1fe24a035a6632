"""Webhooks: windows that tell, listeners that answer as they like, and what operators do meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from message_center.accounts.webhook import Webhook
from message_center.webhooks.acts import WebhookAct, replay, resume
from message_center.webhooks.work import WebhookDelivery
from model.listeners import MOODS, Line, Listener, Wants, wants
from model.model import FAILED, PENDING_DELIVERY, SENT, Event
from model.pushes import SPECS
from model.queues import Queues
from model.stage import ANY, SMALL, chosen
from model.world import TICK_HOURS

NAMES = ("erp", "shop")
EVERYTHING: Wants = {}
WANTS: tuple[Wants, ...] = (
    EVERYTHING,
    {"statuses": (SENT, FAILED)},
    {"statuses": (PENDING_DELIVERY,), "queues": ("rt",)},
    {"event_types": ("order", "pigeon")},
    {"callers": ("",)},
    {"callers": ("bank",)},
)
WANTED = st.sampled_from(WANTS)
KEY = base64.b64encode(b"a key of 24 random bytes").decode()
# An odd number: time goes on by two hours, so that none is ever reached exactly.
PATIENCE = KEPT = timedelta(hours=3)
GREATEST_STEPS = 200
ENDS = ("kill", "lose the session", "end")
WHAT = st.sampled_from(("", "", "resume", "replay", "replay", "remove", "change", "change", *ENDS))
MOOD = st.sampled_from((*MOODS, "well", "well", "silent", "ill"))


class Telling(Queues):
    """The statuses of events, told."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners = {name: self.listener(name) for name in NAMES}
        Line.listeners = self.listeners
        self.removed: set[str] = set()
        self.marks: list[datetime] = []
        # What a replay has to tell: of which listener, what was taken by then, and the number of the picture then.
        self.replayed: dict[tuple[str, int], tuple[int, int]] = {}
        self.window: WebhookDelivery | None = None
        self.loads = 0

    def listener(self, name: str) -> Listener:
        begun = (len(self.director.history) - 1, EVERYTHING)
        return Listener(name, self.was_so, [begun], ticks=lambda: self.director.ticks)

    def was_so(self, event: int, status: str) -> Event | None:
        """Return an event as it was when it had a status."""
        moments = (moment.events.get(event) for moment in reversed(self.director.history))
        return next((each for each in moments if each is not None and each.status == status), None)

    def begin_telling(self, wanted: Wants) -> None:
        """Know the webhooks before anything happens."""
        self.listeners["shop"].asks[0] = (len(self.director.history) - 1, wanted)
        self.during(self.steps(1))

    @rule(number=ANY, mood=MOOD, what=WHAT, wanted=WANTED)
    def tell(self, number: int, mood: str, what: str, wanted: Wants) -> None:
        """A window tells what there is, while somebody is in whatever mood; then something happens, and it goes on."""
        listener = chosen(list(self.listeners.values()), number)
        listener.be(mood)
        self.marks.append(self.world.clock())
        self.during(self.steps(1))
        self.happens(what, listener, wanted)
        self.during(self.steps(1))

    @rule(number=ANY, mood=MOOD, pushed=st.lists(st.sampled_from(SPECS), min_size=1, max_size=4), wanted=WANTED)
    def overtake(self, number: int, mood: str, pushed: list[Any], wanted: Wants) -> None:
        """An event comes forward while somebody is told of it, and asks for something else."""
        session, listener = self.idle(number), chosen(list(self.listeners.values()), number)
        listener.be(mood)
        self.pushing(session, "rt", pushed)
        self.during(self.steps(1))
        self.routing(self.idle(number), "rt", SMALL)
        self.happens("change" if number % 2 else "lose the session", listener, wanted)
        self.during(self.steps(2))

    def happens(self, what: str, listener: Listener, wanted: Wants) -> None:
        """Somebody looks after a webhook, or a window ends."""
        if what in ENDS:
            self.during(self.end_window(what))
        elif what == "change":
            listener.asks.append((len(self.director.history) - 1, wanted))
            self.removed.discard(listener.name)
            self.during(self.take_over_changes())
        elif what == "remove":
            self.removed.add(listener.name)
            self.during(self.take_over_changes())
        elif what == "resume":
            resume(self.world.observer, self.act(listener))
        elif what == "replay":
            self.replay(listener, self.marks[len(self.marks) // 2])

    def replay(self, listener: Listener, since: datetime) -> None:
        """Tell again what has changed since a moment, as far as it is committed."""
        replay(self.world.observer, self.act(listener), since)
        here = (len(listener.taken), len(self.director.history) - 1)
        self.replayed |= {(listener.name, event): here for event in self.world.changed_since(since)}

    def act(self, listener: Listener) -> WebhookAct:
        return WebhookAct(uuid4(), "ann", "it is mended", listener.name)

    def during(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a window work, and see that nobody was told what they should not be."""
        self.world.loop.run_until_complete(work)
        faults = [fault for listener in self.listeners.values() for fault in listener.faults]
        assert not faults, faults

    def load(self) -> list[Webhook]:
        """What Airflow says."""
        self.loads += 1
        present = (each for each in self.listeners.values() if each.name not in self.removed)
        return [
            Webhook(each.name, "", f"https://{each.name}.example", (KEY.encode(),), **each.wants) for each in present
        ]

    async def steps(self, steps: int) -> None:
        for _ in range(steps):
            await self.step()

    async def step(self) -> bool:
        """Do one step of the window under way, or of the next; return whether there is more."""
        self.window = self.window or WebhookDelivery(self.load, PATIENCE, KEPT)
        listening = self.world.listening()
        for listener in self.listeners.values():
            listener.is_listening = listener.is_changing or (listener.name in listening - self.removed)
        more = await self.window.step(self.world.telling)
        await self.world.settled()
        return more

    async def take_over_changes(self) -> None:
        """A change is known half a minute later, which is over then; what was asked for before may be told, too."""
        if self.window is None:
            return
        for listener in self.listeners.values():
            listener.is_changing = True
        self.window._next.pop("load", None)
        loads = self.loads
        while self.loads == loads:
            await self.step()
        await self.step()
        for listener in self.listeners.values():
            listener.is_changing = False

    async def end_window(self, how: str) -> None:
        """A window comes to its end, its process is killed, or it loses its session and goes on with another one."""
        if self.window is None:
            return
        if how == "end":
            await self.window.finish(self.world.telling)
            await self.window.maintain(self.world.telling)
        if how == "lose the session":
            self.window.give_up()
        else:
            await self.window.close()
            self.window = None
        await self.world.begin_telling_anew()
        if self.window is not None:
            self.window.resume({})
        await self.world.settled()

    def tell_everything(self) -> None:
        """All are well and enabled again, and each is told what became of every event that it asks for."""
        for listener in self.listeners.values():
            listener.be("well")
        if self.removed:
            self.removed.clear()
            self.during(self.take_over_changes())
        self.during(self.until_quiet())
        for listener in self.listeners.values():
            self.check_told(listener)

    async def until_quiet(self) -> None:
        quiet = 0
        for _ in range(GREATEST_STEPS):
            quiet = 0 if await self.step() else quiet + 1
            if quiet == 2:
                if self.world.listening() == set(NAMES) and not self.world.untold():
                    return
                # What they had answered before may have disabled them, or have asked for a pause.
                for listener in self.listeners.values():
                    resume(self.world.observer, self.act(listener))
                self.world.end_waits()
                quiet = 0
        raise AssertionError(f"still not told after {GREATEST_STEPS} steps: {self.world.untold()}")

    def check_told(self, listener: Listener) -> None:
        """Each event's latest status was taken, if it was asked for since it came to that."""
        last = dict(listener.taken)
        given_up = self.world.given_up(listener.name)
        for event in self.picture.events.values():
            changed = self.changed_in(event)
            replayed_from, replayed_in = self.replayed.get((listener.name, event.id), (None, None))
            if event.id in given_up:
                waited = self.director.ticks - listener.refused[event.id, event.status]
                assert waited * timedelta(hours=TICK_HOURS) > PATIENCE, f"given up too soon: {event}"
            elif changed > listener.asks[0][0] and self.was_wanted(listener, event, changed):
                assert last.get(event.id) == event.status, (
                    f"{listener.name} does not know: {event}, {last.get(event.id)}"
                )
            if replayed_in is not None and event.id not in given_up and self.was_wanted(listener, event, replayed_in):
                told = {id for id, _ in listener.taken[replayed_from:]}
                assert event.id in told, f"{listener.name} was not told again: {event}"

    def changed_in(self, event: Event) -> int:
        """Return the number of the picture in which an event first had the status that it has now."""
        history = self.director.history
        for number in range(len(history) - 1, -1, -1):
            was = history[number].events.get(event.id)
            if was is None or was.status != event.status:
                return number + 1
        return 0

    def was_wanted(self, listener: Listener, event: Event, since: int) -> bool:
        """Tell whether all that was asked for from a picture on has an event as it is now."""
        later = [asked for number, asked in listener.asks if number >= since]
        before = [asked for number, asked in listener.asks if number < since][-1:]
        return all(wants(asked, event, event.status) for asked in (*before, *later))
