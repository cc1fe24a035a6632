"""The pictures of the curves: small, and readable at the width of a page."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from bench.curve import MANY, Chart, Drawn

COLOURS = ("#1f6f8b", "#e07a1f", "#6a994e", "#8d3b72", "#555555")


def plot(drawn: Drawn, chart: Chart, file: Path) -> None:
    """Draw the series of a chart over the sizes: the medians as a line, the least and the most as a band."""
    figure, axes = pyplot.subplots(figsize=(7, 3.6), dpi=100, layout="constrained")
    sizes = drawn.sizes
    for series, colour in zip(chart.series, COLOURS, strict=False):
        spreads = [drawn.spread(series, size) for size in sizes]
        axes.plot(sizes, [each.median for each in spreads], marker="o", color=colour, label=series)
        axes.fill_between(
            sizes, [each.least for each in spreads], [each.most for each in spreads], color=colour, alpha=0.15
        )
    axes.set_title(chart.title, fontsize=12, loc="left")
    axes.set_xlabel(drawn.curve.of, fontsize=11)
    axes.set_ylabel(chart.unit, fontsize=11)
    label(axes, sizes)
    if len(chart.series) > 1:
        axes.legend(frameon=False, fontsize=10)
    figure.savefig(file, metadata={"Software": None})
    pyplot.close(figure)


def label(axes: Axes, sizes: list[int]) -> None:
    """Name the measured sizes, and no others; start the figures at zero, so that steep means steep."""
    if sizes[-1] > MANY * sizes[0]:
        axes.set_xscale("log")
    axes.set_xticks(sizes, [short(size) for size in sizes], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda figure, _: f"{figure:,.10g}"))
    axes.tick_params(labelsize=10)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def short(size: int) -> str:
    """Return 10,000,000 as 10M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return f"{size}"
