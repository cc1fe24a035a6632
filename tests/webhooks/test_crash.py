"""A process that is killed while it tells: each event's last status is told, and none after a later one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

import psycopg

from message_center.statuses import STATUSES, Status
from support.waiting import until
from support.webhook_process import telling
from support.webhooks import NEXT_STATUSES, SECRET, Connection, Receiver, known, moved, pushed, webhook

AT_ONCE, TOLD = 20, 150


def change(uri: str, is_over: Event) -> dict[int, Status]:
    """Push events, and let them come forward, until it is over; return the status that each has then."""
    random, events = Random(0), dict[int, Status]()
    with psycopg.connect(uri, autocommit=True) as connection:
        while not is_over.is_set():
            events |= dict.fromkeys(pushed(connection, AT_ONCE), "Pending")
            for id_ in random.sample(sorted(events), AT_ONCE):
                if following := NEXT_STATUSES.get(events[id_]):
                    events[id_] = random.choice(following)
                    moved(connection, [id_], events[id_])
            time.sleep(0.02)
    return events


def test_a_killed_process_leaves_nothing_untold_and_tells_nothing_late(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    is_over = Event()
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change, execution_uri, is_over)
        try:
            for _ in range(2):
                with telling(execution_uri, shop.url, SECRET) as process:
                    enough = len(shop.taken) + TOLD
                    until("messages are on their way", lambda: len(shop.taken) >= enough, 30)  # noqa: B023
                    process.kill()
        finally:
            is_over.set()
        events = changing.result()
    with telling(execution_uri, shop.url, SECRET):
        until("all is told", lambda: {each.event: each.status for each in [*shop.taken]} == events, 30)
    told: dict[int, list[Status]] = {}
    for each in shop.taken:
        told.setdefault(each.event, []).append(each.status)
    late = {event: statuses for event, statuses in told.items() if statuses != sorted(statuses, key=STATUSES.index)}
    assert not late
    bodies = {each.id: each.body for each in shop.taken}
    assert all(bodies[each.id] == each.body for each in shop.taken), "what is told twice is the same"
