"""
The numbers and the index of docs/decisions.md: ``python -m scripts.decisions`` gives them to what is new.

A test fails when a decision has none.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import count
from pathlib import Path

DECISIONS = Path(__file__).resolve().parents[1] / "docs" / "decisions.md"

# A decision is a paragraph that begins with its title: **D1. A title.** or, when it is new, **A title.**
TITLE = re.compile(r"^\*\*(?:(D\d+)\. )?(.+?)\*\*", re.MULTILINE)
ROW = re.compile(r"^\| (D\d+) \| .+ \| (\S+) \| (.+) \|\n", re.MULTILINE)
HEAD = "| number | decision | since | status |\n|---|---|---|---|\n"


def numbered(text: str, today: date) -> str:
    """Return the page with a number for each decision, and all of them in the index; statuses and dates stay."""
    free = count(max((int(found[1][1:]) for found in TITLE.finditer(text) if found[1]), default=0) + 1)
    text = TITLE.sub(lambda found: f"**{found[1] or f'D{next(free)}'}. {found[2]}**", text)
    known = {found[1]: (found[2], found[3]) for found in ROW.finditer(text)}
    rows = {}
    for number, title in TITLE.findall(text):
        since, status = known.get(number, (today.isoformat(), "accepted"))
        rows[int(number[1:])] = f"| {number} | {title.rstrip('.')} | {since} | {status} |\n"
    return ROW.sub("", text).replace(HEAD, HEAD + "".join(rows[number] for number in sorted(rows)))


if __name__ == "__main__":
    DECISIONS.write_text(numbered(DECISIONS.read_text(encoding="utf-8"), date.today()), encoding="utf-8")
