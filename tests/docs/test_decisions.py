"""Each decision has a number that it keeps, a date and a status."""

from __future__ import annotations

import re
from datetime import date

import pytest

from scripts.decisions import DECISIONS, HEAD, ROW, numbered
from support.pages import rows

TEXT = DECISIONS.read_text(encoding="utf-8")
PAGE = "docs/decisions.md"


def test_every_decision_is_in_the_index() -> None:
    assert numbered(TEXT, date(2026, 1, 1)) == TEXT, "run `make docs` and commit docs/decisions.md"
    assert len(ROW.findall(TEXT)) > 40


def test_each_status_is_known_and_what_supersedes_comes_later() -> None:
    index = {row[0]: row for row in rows(PAGE) if row[0].startswith("D")}
    for number, _, since, status in index.values():
        assert date.fromisoformat(since)
        by = re.fullmatch(r"accepted|superseded by (D\d+)", status)
        assert by, number
        assert not by[1] or int(by[1][1:]) > int(number[1:])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("**New.** Why.\n", "| D1 | New | 2026-12-01 | accepted |\n|\n**D1. New.** Why.\n"),
        (
            "| D2 | Old | 2026-11-01 | superseded by D3 |\n|\n**New.** Why.\n\n**D2. Old title.** Why.\n",
            "| D2 | Old title | 2026-11-01 | superseded by D3 |\n| D3 | New | 2026-12-01 | accepted |\n|\n"
            "**D3. New.** Why.\n\n**D2. Old title.** Why.\n",
        ),
    ],
    ids=["the first", "after others, wherever it stands"],
)
def test_a_new_decision_gets_the_next_number(before: str, after: str) -> None:
    table = before if before.startswith("|") else f"|\n{before}"
    assert numbered(HEAD + table, date(2026, 12, 1)) == HEAD + after
