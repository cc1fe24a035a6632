"""Curves: the same work at several sizes."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.comparison import Spread

Point = Callable[[int], dict[str, float]]
"""Measures at one size, and returns the figure of each series."""

MANY = 20  # sizes further apart than this factor are drawn on a logarithmic axis


@dataclass(frozen=True)
class Chart:
    """
    What is drawn together: some series of one unit.

    :param name: of its picture's file.
    """

    name: str
    title: str
    unit: str
    series: tuple[str, ...]


@dataclass(frozen=True)
class Growth:
    """
    How a series does at the greatest size beside the least: 1 is the same, more is better.

    :param promised: the ratio to hold at least; ``None`` where nothing is promised.
    """

    name: str
    series: str
    promised: float | None = None
    is_time: bool = False


@dataclass(frozen=True)
class Curve:
    """
    :param of: what the sizes count.
    :param repetitions: how often each size is measured; in turns, up and down.
    :param warm_up: the size of the first measurement, which doesn't count; ``None`` for none.
    """

    title: str
    of: str
    sizes: tuple[int, ...]
    point: Point
    charts: tuple[Chart, ...]
    growth: tuple[Growth, ...] = ()
    repetitions: int = 1
    warm_up: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def turns(self) -> int:
        """How many measurements it takes."""
        return len(self.sizes) * self.repetitions + (self.warm_up is not None)

    def unit(self, series: str) -> str:
        """Return the unit of a series."""
        return next(chart.unit for chart in self.charts if series in chart.series)


@dataclass(frozen=True)
class Drawn:
    """
    The figures of a curve: for each series, size by size, one a repetition.

    :ivar remarks: why some are missing.
    """

    curve: Curve
    figures: dict[str, dict[int, list[float]]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """The sizes that have been measured."""
        return sorted({size for by_size in self.figures.values() for size in by_size})

    @property
    def is_complete(self) -> bool:
        """Whether every size has been measured as often as it was to be."""
        figures = [by_size.get(size, []) for by_size in self.figures.values() for size in self.curve.sizes]
        return bool(figures) and all(len(each) == self.curve.repetitions for each in figures)

    def add(self, size: int, found: dict[str, float]) -> None:
        """Take what was found at one size."""
        for series, figure in found.items():
            self.figures.setdefault(series, {}).setdefault(size, []).append(figure)

    def spread(self, series: str, size: int) -> Spread:
        """Return a series' figures at one size."""
        return Spread.of(self.figures[series][size])

    def ratio(self, growth: Growth) -> Spread:
        """Return the ratios repetition by repetition."""
        least, greatest = (self.figures[growth.series][size] for size in (self.curve.sizes[0], self.curve.sizes[-1]))
        pairs = zip(greatest, least, strict=False)  # the last repetition may have broken off
        return Spread.of([small / large if growth.is_time else large / small for large, small in pairs])

    def records(self) -> list[dict[str, Any]]:
        """Return the entries of build/bench.json; none as long as one end of the curve is missing."""
        least, greatest = self.curve.sizes[0], self.curve.sizes[-1]
        if not {least, greatest} <= {*self.sizes}:
            return []
        return [
            {
                "name": each.name,
                "ratio": spread.median,
                "promised": each.promised,
                "least": spread.least,
                "most": spread.most,
                "unit": self.curve.unit(each.series),
                "ours": self.spread(each.series, greatest).median,
                "other": self.spread(each.series, least).median,
            }
            for each in self.curve.growth
            for spread in [self.ratio(each)]
        ]


def draw(drawn: Drawn, advance: Callable[[str], object]) -> None:
    """
    Measure all sizes, and keep what has been measured whatever comes after it.

    :param advance: called before each measurement with its size.
    """
    curve = drawn.curve
    if curve.warm_up is not None:
        advance(f"{curve.warm_up:,} (warm-up)")
        curve.point(curve.warm_up)
    for turn in range(curve.repetitions):
        for size in curve.sizes if turn % 2 == 0 else reversed(curve.sizes):
            advance(f"{size:,} {curve.of}")
            gc.collect()
            drawn.add(size, curve.point(size))
