"""
Measures all of it and writes the report.

    make bench              one to two hours; writes docs/benchmarks.md with its plots, and build/bench.json
    make bench QUICK=1      under five minutes; writes build/benchmarks.md and build/bench.json
    make bench SMOKE=1      two minutes, on few rows; the same files; fails when a ratio is below half a promise
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from bench.comparison import Measured
from bench.curve import Drawn
from bench.harness import running_server
from bench.machine import load, machine
from bench.plan import Run, declare, everything
from bench.report import Failed, Report, is_held, number, ratio
from bench.sizes import FULL, QUICK, SMOKE, changed
from support.process import REPOSITORY, end_once


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Under five minutes, on small sizes.")] = False,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="On few rows; fails when a ratio is below half of what is promised.")
    ] = False,
    only: Annotated[str, typer.Option(help="Measure only what has this in its title; write no page.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Another size, e.g. rows=200000 or backlog=10000,1000000.")
    ] = None,
) -> None:
    """Measure what is promised, peers doing the same work, and how it all grows; and write the report."""
    quick = quick or smoke
    sizes = changed(SMOKE if smoke else QUICK if quick else FULL, settings or [])
    console = Console(width=None if sys.stdout.isatty() else 140)
    with running_server() as server, ExitStack() as cleanup:
        declare(server)
        report = Report("the quick mode, on small sizes" if quick else "the full mode", machine(), server.settings())
        console.print(described({**report.machine, **report.settings}))
        if not quick:
            console.print("[dim]Using all buffers and WAL files once, which takes a minute …[/dim]")
            server.use_all()
        items = [item for item in everything(server, sizes, cleanup) if only.lower() in item.title.lower()]
        try:
            for result in Run(server, console, sizes.repetitions, report).results(items):
                console.print(outcome(result))
        finally:
            report.note_missing([item.title for item in items])
            report.machine["load average after"] = load()
            report.write_json(REPOSITORY / "build" / "bench.json")
            if not only:
                report.write_page(REPOSITORY / ("build" if quick else "docs") / "benchmarks.md")
    if smoke and (fallen := [each["name"] for each in report.records() if has_fallen(each)]):
        console.print("[red]Below half of what is promised:[/red]", *fallen, sep="\n  ")
        sys.exit(1)
    if not report.is_complete:
        sys.exit(1)


def has_fallen(record: dict[str, float]) -> bool:
    """Whether a ratio is so low that noise does not explain it."""
    return record["promised"] is not None and record["ratio"] < record["promised"] / 2


def described(facts: dict[str, str]) -> Table:
    """Return the machine and the settings."""
    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name, value)
    return table


def outcome(result: Measured | Drawn | Failed) -> Group:
    """Return what came out: of a curve what is not complete, and its points; and the ratios."""
    if isinstance(result, Failed):
        return Group(f"[red]Not measured:[/red] {result.title}: {escape(result.reason)}")
    shown: list[RenderableType] = []
    if isinstance(result, Drawn):
        shown += [f"[red]Not complete:[/red] {result.curve.title}: {escape(remark)}" for remark in result.remarks]
        if result.sizes:
            shown.append(points(result))
    if records := result.records():
        shown.append(ratios(records))
    return Group(*shown)


def points(drawn: Drawn) -> Table:
    """Return the medians of a curve, a column a size."""
    table = Table(drawn.curve.of, *(f"{size:,}" for size in drawn.sizes), "unit")
    for series, by_size in drawn.figures.items():
        medians = [number(drawn.spread(series, size).median) if size in by_size else "" for size in drawn.sizes]
        table.add_row(series, *medians, drawn.curve.unit(series))
    return table


def ratios(records: list[dict[str, Any]]) -> Table:
    """Return ratios, beside what is promised."""
    table = Table("ratio", "measured", "at least", "ours", "other", "unit")
    for record in records:
        promised = "" if record["promised"] is None else f"{record['promised']:.2f}"
        colour = "" if not promised else "green" if is_held(record) else "red"
        figures = f"{record['ours']:,.4g}", f"{record['other']:,.4g}", str(record["unit"])
        table.add_row(str(record["name"]), ratio(record), promised, *figures, style=colour)
    return table


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end_once)
    typer.run(main)
