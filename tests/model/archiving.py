"""Archiving runs: in order, cut at any place, overtaken by others, and over what was archived before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import partial
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import rule

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import STATISTICS, STREAMS, Stream
from message_center.instances.restores import RESTORED, is_restored, start_over
from model.checks import differing
from model.interrupts import InterruptedRun
from model.pushes import SPECS
from model.queues import Queues
from model.stage import ANY, LARGE, SMALL
from model.world import ACCOUNT, UNARCHIVABLE_ADDRESS, Row

COMPACT = "select message_center.compact_statistics()"
GROUPS = {"events": STREAMS[:1], "logs": STREAMS[1:3], "tracking": STREAMS[3:5], "quarantine": STREAMS[5:]}
ROWS = st.sampled_from((LARGE, LARGE, 3))
CUTS = ("cut", "kill control", "kill execution")
INTERRUPTIONS = st.sampled_from((*CUTS[:1] * 3, *CUTS, "commit", "commit", "push", "route"))


def without(rows: dict[int, Row], ids: set[int]) -> dict[int, Row]:
    """Leave some rows out."""
    return {id: row for id, row in rows.items() if id not in ids}


class Archiving(Queues):
    """mcSynch."""

    def __init__(self) -> None:
        super().__init__()
        self.half_passed: set[str] = set()
        self.runs: list[datetime] = []

    @rule(
        group=st.sampled_from(tuple(GROUPS)), rows=ROWS, mode=st.sampled_from(("on", "on", "since", "full")), number=ANY
    )
    def archive(self, group: str, rows: int, mode: str, number: int) -> None:
        """Archive some streams: what is committed is in the archive then, even if the archive was lost."""
        self.runs.append(datetime.now(timezone.utc))
        since = self.runs[number % len(self.runs)] if mode == "since" else None
        for stream in GROUPS[group]:
            if mode != "on":
                self.world.lose_archive(stream.table, since, self.purged.get(stream.table, ()))
            self.archive_run(stream, rows, since=since, full=mode == "full")
        tables = {stream.table for stream in GROUPS[group]}
        # A run that goes on with a pass that was cut short reaches only what was there when that pass began.
        self.check_archived(tables if mode != "on" else tables - self.half_passed)
        self.half_passed -= tables

    @rule(number=st.integers(0, 2), rows=st.sampled_from((1, 3)), statements=st.integers(0, 20), what=INTERRUPTIONS,
          full=st.booleans())  # fmt: skip
    def archive_interrupted(self, number: int, rows: int, statements: int, what: str, full: bool) -> None:
        """A run is cut between any two of its statements, or others commit something there."""
        stream, control = STREAMS[number], self.world.archive_control
        control.interrupt, control.statements_before = self.interruption(what), statements
        try:
            self.archive_run(stream, rows, full=full)
            self.half_passed.discard(stream.table)
        except (InterruptedRun, psycopg.OperationalError):
            assert what in CUTS
            if not full:
                self.half_passed.add(stream.table)
        finally:
            control.interrupt = None
            self.world.reconnect()

    def interruption(self, what: str) -> Callable[[], None]:
        """Return what happens in the middle of a run."""

        def cut() -> None:
            raise InterruptedRun

        def commit() -> None:
            for session in self.director.held()[:1]:
                self.director.commit(session)

        def push_and_route() -> None:
            for session in self.director.idle()[:1]:
                self.pushing(session, "rt", [SPECS[0], SPECS[3]])
                if what == "route":
                    self.routing(session, "rt", SMALL)

        return {
            "cut": cut,
            "kill control": self.world.kill_archive_control,
            "kill execution": self.world.kill_archive_execution,
            "commit": commit,
        }.get(what, push_and_route)

    def archive_run(self, stream: Stream, rows: int, **asked: Any) -> int:
        world = self.world
        if stream == STATISTICS:
            world.observer.execute(COMPACT)
        sides = (world.archive_execution, world.archive_control)
        run = partial(archive_stream, *sides, ACCOUNT, stream, chunk_rows=rows, **asked)
        try:
            return run().rows
        except psycopg.errors.LockNotAvailable:
            # A session has noticed a restore at the same time.
            self.director.end()
            return run().rows

    def check_archived(self, tables: Iterable[str]) -> None:
        """The archive has what the instance has, and what the purge took away as it last was."""
        for stream in (each for each in STREAMS if each.table in tables):
            table, deleted = stream.table, self.deleted[stream.table]
            rows = self.world.rows(table)
            aside = self.world.set_aside(stream)
            assert all(rows[id]["email"] == UNARCHIVABLE_ADDRESS for id in aside & rows.keys()), f"set aside: {aside}"
            expected = without(rows | self.purged.get(table, {}), deleted | aside)
            differences = differing(expected, without(self.world.archived_rows(table), deleted))
            assert not differences, f"{table}, committed and archived: {differences}"

    def archive_everything(self) -> None:
        """After a quiet run the archive is what the execution instance has, and there is nothing left to bring."""
        # What the first task of each run does.
        sides = (ACCOUNT, self.world.control, self.world.archive_execution)
        if is_restored(*sides):
            start_over(*sides, RESTORED)
        for stream in STREAMS:
            if stream.table in self.half_passed:
                self.archive_run(stream, LARGE)
            self.archive_run(stream, LARGE)
        self.check_archived([stream.table for stream in STREAMS])
        for stream in STREAMS:
            assert self.archive_run(stream, LARGE, dry_run=True) == 0, f"brought again: {stream.name}"
