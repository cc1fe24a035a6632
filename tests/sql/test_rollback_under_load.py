"""Publications go back and forth while events are pushed, routed and sent: no message is a mix of versions."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

import psycopg
import pytest

from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window
from message_center.instances.deployment import deploy
from message_center.publication.versions import Request, record
from message_center.queues.routing import Routing
from message_center.queues.window import Window
from message_center.workflows import RT_EVENTS_PROCESSING
from support.events import content, event, push
from support.smtp import Sink, smtp_server

Connection = psycopg.Connection[Any]

VERSIONS = ("one", "two")
TEXTS = [text for version in VERSIONS for text in (version, f"{version} fr")]
# The load goes on until there have been so many messages of each text, and so many changes.
MESSAGES, CHANGES = 100, 30
MAX_SECONDS = 120
LINKED_VERSIONS = """
    select e.id, t.version
    from message_center.event as e
    join message_center.message_template as t on t.id = e.template_id
"""


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with smtp_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", server.connection)
        yield server


def marked(mark: str) -> dict[str, Any]:
    """A template each part of which says which version it is of."""

    def body(language: str) -> dict[str, Any]:
        text = f"{mark} {language}".strip()
        return {
            "sender": "shop@shop.example",
            "reply_to": None,
            "subject": text,
            "text_body": text,
            "html_body": text,
        }

    return content() | {"languages": {"": body(""), "fr": body("fr")}}


def marks(source: bytes) -> set[str]:
    """What the parts of a message say."""
    message = email.message_from_bytes(source, policy=email.policy.default)
    parts = [part.get_content().strip() for part in message.walk() if part.get_content_maintype() == "text"]
    assert len(parts) == 2
    return {str(message["Subject"]), *parts}


def go_back_and_forth(control_uri: str, execution_uri: str, ended: threading.Event) -> None:
    with (
        psycopg.connect(control_uri, autocommit=True) as control,
        psycopg.connect(execution_uri, autocommit=True) as execution,
    ):
        for n in count():
            if n >= CHANGES and ended.is_set():
                return
            record(control, Request("rollback", f"back {n}", names=["order"], version=1 + n % 2))
            deploy("mcTest", control, execution, ["order"])


def push_events(execution_uri: str, ended: threading.Event, pushed: list[int]) -> None:
    with psycopg.connect(execution_uri, autocommit=True) as sender:
        for n in count():
            if ended.is_set():
                return
            pushed += push(sender, event(language=("en", "fr")[n % 2], email=f"n{n}@shop.example"))
            time.sleep(0.002)


async def work_until_sent(
    execution_uri: str, sink: Sink, ended: threading.Event, pushing: threading.Thread, pushed: list[int]
) -> None:
    """Run a routing and a delivery window until the sink has had enough of each version, and all that was pushed."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(execution_uri, autocommit=True)

    def have_enough() -> bool:
        subjects = Counter(re.findall(r"^Subject: (.*?)\r?$", b"".join(sink.sources).decode(), re.MULTILINE))
        return all(subjects[text] >= MESSAGES for text in TEXTS)

    end, stop = datetime.now(timezone.utc) + timedelta(seconds=MAX_SECONDS), asyncio.Event()
    window = Window("mcTest", Routing("rt", RT_EVENTS_PROCESSING.name), end, connect)
    sender = EmailSender(MailHook("test_smtp").load())
    windows = asyncio.gather(window.run(), deliver_window(connect, "mcTest", sender, end, stop=stop))
    await wait_until(have_enough, end)
    ended.set()
    await asyncio.to_thread(pushing.join)
    await wait_until(lambda: len(sink.sources) >= len(pushed), end)
    stop.set()
    window.end = datetime.now(timezone.utc)
    await windows


async def wait_until(is_done: Callable[[], bool], end: datetime) -> None:
    while not is_done() and datetime.now(timezone.utc) < end:  # noqa: ASYNC110 - in another thread
        await asyncio.sleep(0.2)


async def test_rollback_under_load(
    control: Connection, control_uri: str, execution: Connection, execution_uri: str, sink: Sink
) -> None:
    for mark in VERSIONS:
        contents = {"order": marked(mark)}
        record(control, Request("publish", mark, contents=contents, event_types={"order_confirmation": ""}))
    deploy("mcTest", control, execution, ["order"])

    ended, pushed = threading.Event(), list[int]()
    changing = threading.Thread(target=go_back_and_forth, args=[control_uri, execution_uri, ended])
    pushing = threading.Thread(target=push_events, args=[execution_uri, ended, pushed])
    for thread in (changing, pushing):
        thread.start()
    await work_until_sent(execution_uri, sink, ended, pushing, pushed)
    changing.join()

    said = {event_id: marks(source) for event_id, source in zip(event_ids(sink), sink.sources, strict=True)}
    assert sorted(said) == sorted(pushed), "every event is one message"
    assert len(sink.sources) == len(pushed), "and one only"
    assert {frozenset(each) for each in said.values()} == {frozenset({text}) for text in TEXTS}, (
        "each message is of one version and language"
    )
    linked = dict(execution.execute(LINKED_VERSIONS).fetchall())
    assert {event_id: VERSIONS[linked[event_id] - 1] for event_id in said} == {
        event_id: each.pop().split()[0] for event_id, each in said.items()
    }


def event_ids(sink: Sink) -> list[int]:
    return [int(message_id.strip("<>").partition("@")[0]) for message_id in sink.message_ids]
