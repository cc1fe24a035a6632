"""The sender: steady, and as faithful as a real one that keeps an outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from faults.load import Load

COPIES = "select count(*), count(distinct external_id) from message_center.event"


def wait(for_it: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not for_it():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_keeps_its_beat(execution_uri: str, execution: psycopg.Connection, tmp_path: Path) -> None:
    load = Load(execution_uri, "steady", 50, tmp_path).start()
    wait(lambda: bool(load.answers()))
    before, start = len(load.answers()), time.monotonic()
    time.sleep(2)
    beats, seconds = len(load.answers()) - before, time.monotonic() - start
    load.stop()
    pushed = len(load.answers()) - before
    assert 0.5 < beats / seconds / 50 < 1.2
    assert execution.execute(COPIES).fetchone() == (before + pushed, before + pushed)


def test_what_a_killed_one_got_no_answer_to_is_pushed_again_and_is_one_event(
    execution_uri: str, execution: psycopg.Connection, tmp_path: Path
) -> None:
    load = Load(execution_uri, "killed", 200, tmp_path).start()
    wait(lambda: len(load.answers()) > 20)
    with psycopg.connect(execution_uri) as other:
        other.execute("lock table message_center.event in share mode")
        wait(lambda: load.unanswered() > 0)
        load.kill()
    left = load.unanswered()
    assert left > 0
    load.start()
    wait(lambda: load.unanswered() < left)
    load.stop()
    assert load.unanswered() == 0
    assert execution.execute(COPIES).fetchone() == (len(load.answers()),) * 2
    assert len({answer.event_id for answer in load.answers()}) == len(load.answers())
