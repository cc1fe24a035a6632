"""The page of results, in Markdown, and build/bench.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.comparison import Measured, Spread
from bench.curve import Drawn
from bench.plots import plot

Result = Measured | Drawn

ENDED = "the run was ended before"


@dataclass(frozen=True)
class Failed:
    """Something that could not be measured, and why."""

    title: str
    reason: str


@dataclass
class Report:
    """
    All results of a run.

    :param mode: what kind of run it was, in words.
    :param machine: what it ran on.
    :param settings: PostgreSQL's.
    """

    mode: str
    machine: dict[str, str]
    settings: dict[str, str]
    results: list[Result] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    def add(self, result: Result | Failed) -> None:
        """Take a result, or why there is none."""
        if isinstance(result, Failed):
            self.failed.append(result)
        else:
            self.results.append(result)

    def note_missing(self, titles: list[str]) -> None:
        """Note what was to be measured and was not come to, or not to its end: the run was ended before."""
        done = {*map(title, self.results), *(failed.title for failed in self.failed)}
        self.failed += [Failed(missing, ENDED) for missing in titles if missing not in done]
        for drawn in self.results:
            if isinstance(drawn, Drawn) and not drawn.is_complete and not drawn.remarks:
                drawn.remarks.append(ENDED)

    @property
    def is_complete(self) -> bool:
        """Whether all that was to be measured has been."""
        return not self.failed and all(result.is_complete for result in self.results if isinstance(result, Drawn))

    def records(self) -> list[dict[str, Any]]:
        """Return all ratios."""
        return [record for result in self.results for record in result.records()]

    def write_json(self, file: Path) -> None:
        """Write the ratios for programs to read."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.records(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def write_page(self, page: Path) -> None:
        """Write the page, and its pictures into the folder ``images`` beside it."""
        images = page.parent / "images"
        images.mkdir(parents=True, exist_ok=True)
        for drawn in self.results:
            if isinstance(drawn, Drawn) and drawn.sizes:
                for chart in drawn.curve.charts:
                    plot(drawn, chart, images / f"benchmark_{chart.name}.png")
        page.write_text("\n".join(self._lines()) + "\n", encoding="utf-8")

    def _lines(self) -> Iterator[str]:
        yield "# Benchmarks"
        yield ""
        yield "<!-- Written by `make bench`. Don't edit: run it again. -->"
        yield ""
        yield (
            f"Written by `make bench`: {self.mode}. Every comparison runs side by side in one run, on one PostgreSQL, "
            "on copies of the same data, in turns; a first turn that warms up doesn't count, nor does connecting. "
            "Figures are medians, with the least and the most in brackets. Ratios are taken turn by turn; above 1 is "
            "better than the other side, for times too."
        )
        yield from section("What is promised", self._promises())
        yield from section("Beside others", self._others())
        for result in self.results:
            yield from section(title(result), details(result))
        for failed in self.failed:
            yield from section(failed.title, [f"**Not measured:** {failed.reason}"])
        yield from section("Machine", table(("", ""), self.machine.items()))
        settings = ((f"`{name}`", value) for name, value in self.settings.items())
        yield from section("PostgreSQL's settings", table(("", ""), settings))

    def _promises(self) -> Iterator[str]:
        rows = [
            (record["name"], f"{record['promised']:.2f}", ratio(record), "yes" if is_held(record) else "**no**")
            for record in self.records()
            if record["promised"] is not None
        ]
        return table(("ratio", "at least", "measured", "held"), rows)

    def _others(self) -> Iterator[str]:
        rows = [
            (record["name"], ratio(record), f"{number(record['ours'])}", f"{number(record['other'])}", record["unit"])
            for record in self.records()
            if record["promised"] is None
        ]
        return table(("ratio", "measured", "ours", "other", "unit"), rows)


def is_held(record: dict[str, Any]) -> bool:
    """Whether a promised ratio was reached."""
    return bool(record["ratio"] >= record["promised"])


def ratio(record: dict[str, Any]) -> str:
    return f"{record['ratio']:.2f} ({record['least']:.2f}–{record['most']:.2f})"


def title(result: Result) -> str:
    return result.comparison.title if isinstance(result, Measured) else result.curve.title


def details(result: Result) -> Iterator[str]:
    """Return the figures of a comparison or a curve, and what has to be known about them."""
    return comparison_details(result) if isinstance(result, Measured) else curve_details(result)


def comparison_details(measured: Measured) -> Iterator[str]:
    comparison = measured.comparison
    yield f"{comparison.amount:,} {comparison.of} a measurement, {len(next(iter(measured.figures.values())))} turns."
    yield ""
    rows = [(side, spread(measured.spread(side)), comparison.notes.get(side, "")) for side in comparison.sides]
    yield from table(("", comparison.unit, ""), rows)


def curve_details(drawn: Drawn) -> Iterator[str]:
    curve = drawn.curve
    for note in curve.notes:
        yield note
        yield ""
    for remark in drawn.remarks:
        yield f"**Not complete:** {remark}"
        yield ""
    for chart in curve.charts if drawn.sizes else ():
        header = (curve.of, *(f"{series}, {chart.unit}" for series in chart.series))
        yield from table(
            header,
            ((f"{size:,}", *(spread(drawn.spread(series, size)) for series in chart.series)) for size in drawn.sizes),
        )
        yield ""
        yield f"![{chart.title}, by the number of {curve.of}](images/benchmark_{chart.name}.png)"
        yield ""


def section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"## {heading}"
    yield ""
    yield from lines


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    columns = list(header)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def spread(figures: Spread) -> str:
    return f"{number(figures.median)} ({number(figures.least)}–{number(figures.most)})"


def number(figure: float) -> str:
    """Return a figure with three digits that count."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
