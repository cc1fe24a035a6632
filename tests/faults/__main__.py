"""
Inflicts faults on the running stack under load, and accounts for every event.

    make faults                          all of them, within an hour; writes build/faults.json
    make faults FAULT=kill-triggerer     one; several with commas between
    make faults FAULT=list               their names and promises
    make faults RATE=100                 another load than 278 events a second
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from faults import report
from faults.catalogue import FAULTS
from faults.fault import Fault
from faults.harness import run
from faults.system import Settings

FILE = Path(__file__).resolve().parents[2] / "build" / "faults.json"


def chosen(names: str) -> list[Fault]:
    """
    Return the faults of these names, all if there is none.

    :raises typer.BadParameter: naming what there is no fault of.
    """
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    if unknown := wanted - {fault.name for fault in FAULTS}:
        raise typer.BadParameter(f"no such fault: {', '.join(sorted(unknown))}; --list says which there are")
    return [fault for fault in FAULTS if not wanted or fault.name in wanted]


def main(
    fault: str = "",
    rate: float = Settings.rate,
    hold: float = Settings.hold_seconds,
    outage: float = Settings.outage_seconds,
    list_them: Annotated[bool, typer.Option("--list")] = False,
) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    if list_them or fault == "list":
        for each in FAULTS:
            console.print(f"{each.name:<20} {each.promised:>4.0f} s   {each.why}", markup=False, soft_wrap=True)
        return
    signal.signal(signal.SIGTERM, end)
    results = run(chosen(fault), Settings(rate, hold, outage), lambda text: console.print(f"· {text}", markup=False))
    report.write(results, FILE)
    report.show(results, console, f"Faults at {rate:g} events/s, {os.cpu_count()} cores")
    raise typer.Exit(0 if all(result.kept for result in results) else 1)


def end(number: int, frame: FrameType | None) -> None:
    """Let everything that was started be ended."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    typer.run(main)
