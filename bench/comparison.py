"""Comparisons: sides doing the same work in turns, and the ratios between them."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Side = Callable[[int], float]
"""Does its work on so many rows (messages, seconds), and returns its figure in the comparison's unit."""


@dataclass(frozen=True)
class Spread:
    """The median of several figures, with the least and the greatest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass(frozen=True)
class Ratio:
    """
    How one side does beside another: above 1 is better, whether the unit counts rates or times.

    :param promised: the ratio to hold at least; ``None`` where nothing is promised.
    """

    name: str
    ours: str
    other: str
    promised: float | None = None


@dataclass(frozen=True)
class Comparison:
    """
    Several sides that do the same work.

    :param unit: of their figures.
    :param amount: how much each works on.
    :param of: what that counts.
    :param is_time: whether the figures are times, so that less is better.
    :param warm_up: how much the first, uncounted turn works on.
    :param notes: what a reader has to know of a side: versions, settings, what it does more or less than others.
    """

    title: str
    unit: str
    amount: int
    sides: dict[str, Side]
    ratios: tuple[Ratio, ...]
    of: str = "events"
    is_time: bool = False
    warm_up: int = 2_000
    notes: dict[str, str] = field(default_factory=dict)

    def turns(self, repetitions: int) -> int:
        """Return how many measurements it takes."""
        return len(self.sides) * (repetitions + self.warms_up(repetitions))

    def warms_up(self, repetitions: int) -> bool:
        """Whether an uncounted turn comes first: one turn of what nothing is promised of only shows that it works."""
        return repetitions > 1 or any(ratio.promised is not None for ratio in self.ratios)


@dataclass(frozen=True)
class Measured:
    """The figures of a comparison: for each side one a turn."""

    comparison: Comparison
    figures: dict[str, list[float]]

    def spread(self, side: str) -> Spread:
        """Return a side's figures."""
        return Spread.of(self.figures[side])

    def ratio(self, ratio: Ratio) -> Spread:
        """Return the ratios turn by turn: what drifts meets both sides of a turn alike."""
        pairs = zip(self.figures[ratio.ours], self.figures[ratio.other], strict=True)
        if self.comparison.is_time:
            return Spread.of([other / ours for ours, other in pairs])
        return Spread.of([ours / other for ours, other in pairs])

    def records(self) -> list[dict[str, Any]]:
        """Return the entries of build/bench.json."""
        return [
            {
                "name": each.name,
                "ratio": spread.median,
                "promised": each.promised,
                "least": spread.least,
                "most": spread.most,
                "unit": self.comparison.unit,
                "ours": self.spread(each.ours).median,
                "other": self.spread(each.other).median,
            }
            for each in self.comparison.ratios
            for spread in [self.ratio(each)]
        ]


def measure(comparison: Comparison, repetitions: int, advance: Callable[[str], object]) -> Measured:
    """
    Let the sides work in turns: in one order, then in the other, so that what drifts favours none.

    :param advance: called before each measurement with the side's name.
    """
    figures: dict[str, list[float]] = {name: [] for name in comparison.sides}
    order = list(comparison.sides)
    for name in order if comparison.warms_up(repetitions) else ():
        advance(f"{name} (warm-up)")
        comparison.sides[name](min(comparison.amount, comparison.warm_up))
    for turn in range(repetitions):
        for name in order if turn % 2 == 0 else reversed(order):
            advance(name)
            gc.collect()
            figures[name].append(comparison.sides[name](comparison.amount))
    return Measured(comparison, figures)
