"""The table that people read, and build/faults.json."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from faults.harness import Result


def table(results: Sequence[Result], title: str) -> Table:
    """Return a row for each fault: what came of it, with the promise beside it."""
    columns = ("Fault", "Pushed", "Lost", "Doubled", "of at most", "Recovery, s", "Promised, s", "Load average", "")
    made = Table(*columns, title=title)
    for result in results:
        if result.skipped:
            made.add_row(result.fault.name, *"·······", "skipped", style="dim")
            continue
        taken = "never" if result.recovery is None else f"{result.recovery:.1f}"
        account, fault = result.account, result.fault
        figures = (f"{account.pushed:,}", f"{account.lost:,}", f"{account.doubled:,}", f"{fault.doubled:,}")
        times = (taken, f"{fault.promised:.0f}", f"{result.load_average:.1f}")
        said = verdict(result)
        made.add_row(fault.name, *figures, *times, said, style="" if said == "kept" else "bold red")
    return made


def verdict(result: Result) -> str:
    """Return whether the promises are kept; ``late`` if nothing but the time to recovery is not."""
    if result.is_kept():
        return "kept"
    return "late" if result.is_kept(slack=math.inf) else "BROKEN"


def remarks(results: Sequence[Result]) -> list[str]:
    """Return what a reader of the table may ask about."""
    said = [f"{result.fault.name}: {remark}" for result in results for remark in result.remarks]
    said += [f"{result.fault.name}: skipped: {result.skipped}" for result in results if result.skipped]
    return said


def record(result: Result) -> dict[str, Any]:
    """Return a fault's entry in the JSON file."""
    account = result.account
    return {
        "fault": result.fault.name,
        "pushed": account.pushed,
        "lost": account.lost,
        "doubled": account.doubled,
        "recovery_s": result.recovery if result.recovery is None else round(result.recovery, 1),
        "promised_s": result.fault.promised,
        "kept": result.is_kept(),
        "why_promised": result.fault.why,
        "doubled_at_most": result.fault.doubled,
        "why_doubled": result.fault.why_doubled,
        "stray": account.stray,
        "load_average": round(result.load_average, 2),
        "skipped": result.skipped,
        "forgotten": account.forgotten,
        "remarks": result.remarks,
    }


def write(results: Sequence[Result], file: Path) -> None:
    """Write the JSON file."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps([record(result) for result in results], indent=2, ensure_ascii=False) + "\n")


def show(results: Sequence[Result], console: Console, title: str) -> None:
    """Print the table and the remarks."""
    console.print(table(results, title))
    for remark in remarks(results):
        console.print(remark, markup=False)
