"""A session that pushes sets keeps the memory that they take: it is not made anew, page by page, for each."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg
import pytest

from support.events import event, push_text

CALLS = 6


def page_faults(session: psycopg.Connection) -> int:
    """Return how many pages the server's process of a session has been given so far."""
    stat = Path(f"/proc/{session.info.backend_pid}/stat").read_text(encoding="ascii", errors="replace")
    return int(stat.rpartition(")")[2].split()[7])


def faults_of_calls(session: psycopg.Connection) -> int:
    events = json.dumps([event(external_id="order-1242", origin="x" * 100)] * 1000)
    for _ in range(3):
        push_text(session, events)
    before = page_faults(session)
    for _ in range(CALLS):
        push_text(session, events)
    return page_faults(session) - before


@pytest.mark.skipif(sys.platform != "linux", reason="page faults are counted in /proc")
def test_a_session_that_pushes_sets_keeps_its_memory(execution_uri: str) -> None:
    with (
        psycopg.connect(execution_uri, autocommit=True) as keeps,
        psycopg.connect(execution_uri, autocommit=True) as gives_back,
    ):
        gives_back.execute("set message_center.keeps_memory = 'true'")  # as if it had seen to that
        assert faults_of_calls(keeps) * 2 < faults_of_calls(gives_back)
