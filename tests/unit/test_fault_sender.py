"""The sender: steady, and as faithful as a real one that keeps an outbox."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from faults.load import Load
from support.waiting import until

COPIES = "select count(*), count(distinct external_id) from message_center.event"


def test_keeps_its_beat(execution_uri: str, execution: psycopg.Connection, tmp_path: Path) -> None:
    start = time.monotonic()
    load = Load(execution_uri, "steady", 50, tmp_path).start()
    until("a hundred events sent", lambda: len(load.answers()) >= 100, 20)
    load.stop()
    pushed = len(load.answers())
    assert pushed <= 50 * (time.monotonic() - start) + 1, "never ahead of its beat, however late it was before"
    assert execution.execute(COPIES).fetchone() == (pushed, pushed)


def test_what_a_killed_one_got_no_answer_to_is_pushed_again_and_is_one_event(
    execution_uri: str, execution: psycopg.Connection, tmp_path: Path
) -> None:
    load = Load(execution_uri, "killed", 200, tmp_path).start()
    until("some events sent", lambda: len(load.answers()) > 20, 20)
    with psycopg.connect(execution_uri) as other:
        other.execute("lock table message_center.event in share mode")
        until("an event without an answer", lambda: load.unanswered() > 0, 20)
        load.kill()
    left = load.unanswered()
    assert left > 0
    load.start()
    until("an event pushed again", lambda: load.unanswered() < left, 20)
    load.stop()
    assert load.unanswered() == 0
    assert execution.execute(COPIES).fetchone() == (len(load.answers()),) * 2
    assert len({answer.event_id for answer in load.answers()}) == len(load.answers())
