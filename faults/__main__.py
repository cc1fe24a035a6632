"""
Inflicts faults on the running stack under load, and accounts for every event.

    make faults                          all of them, within an hour; writes build/faults.json
    make faults FAULT=kill-triggerer     one; several with commas between
    make faults FAULT=list               their names and promises
    make faults RATE=100                 another load than 278 events a second
    make faults SMOKE=1                  one of each kind under a light load; a late recovery is no failure yet
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer
from rich.console import Console

from faults import report
from faults.catalogue import FAULTS, ONE_OF_EACH_KIND
from faults.fault import Fault
from faults.harness import run
from faults.system import LIGHT, Settings
from support.process import REPOSITORY, end_once
from support.stack import new_stack, state_folder

FILE = REPOSITORY / "build" / "faults.json"


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
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke", help="One fault of each kind, lightly; it may take up to twice the promised time to recover."
        ),
    ] = False,
    list_them: Annotated[bool, typer.Option("--list")] = False,
) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    if list_them or fault == "list":
        for each in FAULTS:
            console.print(f"{each.name:<20} {each.promised:>4.0f} s   {each.why}", markup=False, soft_wrap=True)
        return
    signal.signal(signal.SIGTERM, end_once)
    settings = LIGHT if smoke else Settings(rate, hold, outage)
    faults = chosen(fault or (",".join(ONE_OF_EACH_KIND) if smoke else ""))
    with state_folder() as state, new_stack(state) as running:
        results = run(faults, settings, running, lambda text: console.print(f"· {text}", markup=False))
    report.write(results, FILE)
    report.show(results, console, f"Faults at {settings.rate:g} events/s, {os.cpu_count()} cores")
    raise typer.Exit(0 if all(result.is_kept(slack=2 if smoke else 1) for result in results) else 1)


if __name__ == "__main__":
    typer.run(main)
