"""What is measured, in which order, and how far it has come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench import (
    archive,
    archive_peers,
    data,
    delivery,
    doors,
    history,
    intake,
    page,
    parsing,
    queue_peers,
    queues,
    stack,
    webhooks,
    windows,
)
from bench.comparison import Comparison, Measured, measure
from bench.curve import Curve, Drawn, draw
from bench.harness import Server
from bench.report import Failed, Report
from bench.sizes import Sizes
from support.stack import BROKEN

Item = Comparison | Curve


def declare(server: Server) -> None:
    """Tell the server all kinds of data."""
    for module in (data, archive, queue_peers, page, history):
        module.declare(server)


def everything(server: Server, sizes: Sizes, cleanup: ExitStack) -> list[Item]:
    """
    Return all there is to measure: first what is promised, then the peers, then how it grows.

    :param cleanup: ends what lives longer than a measurement.
    """
    return [
        *queues.comparisons(server, sizes),
        *intake.comparisons(server, sizes),
        *doors.comparisons(server, sizes),
        *archive.comparisons(server, sizes),
        *delivery.comparisons(server, sizes),
        *webhooks.comparisons(server, sizes),
        *queue_peers.comparisons(server, sizes),
        *archive_peers.comparisons(server, sizes),
        *queues.curves(server, sizes),
        *archive.curves(server, sizes),
        *windows.curves(server, sizes),
        *page.curves(server, sizes),
        *history.curves(server, sizes),
        *parsing.curves(sizes, cleanup),
        *stack.curves(server, sizes, cleanup),
    ]


@dataclass(frozen=True)
class Run:
    """Measures one thing after the other for a report, and shows where it is."""

    server: Server
    console: Console
    repetitions: int
    report: Report

    def results(self, items: list[Item]) -> Iterator[Measured | Drawn | Failed]:
        """Yield the results as they come; the report has them already, and what there is of one that is ended."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("", total=sum(map(self._turns, items)))
            for item in items:
                started = time.monotonic()

                def advance(what: str, item: Item = item) -> None:
                    progress.update(task, description=f"{item.title}: {what}", advance=1)

                yield self._result(item, advance)
                self.server.forget()
                progress.console.print(f"[dim]{item.title}: {time.monotonic() - started:.0f} s[/dim]")

    def _turns(self, item: Item) -> int:
        return item.turns(self.repetitions) if isinstance(item, Comparison) else item.turns

    def _result(self, item: Item, advance: Callable[[str], None]) -> Measured | Drawn | Failed:
        if isinstance(item, Curve):
            return self._drawn(item, advance)
        result: Measured | Failed
        try:
            result = measure(item, self.repetitions, advance)
        except BROKEN as error:
            result = Failed(item.title, f"{type(error).__name__}: {error}")
        self.report.add(result)
        return result

    def _drawn(self, curve: Curve, advance: Callable[[str], None]) -> Drawn:
        drawn = Drawn(curve)
        self.report.add(drawn)
        try:
            draw(drawn, advance)
        except BROKEN as error:
            drawn.remarks.append(f"{type(error).__name__}: {error}")
        return drawn
