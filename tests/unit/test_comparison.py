"""Comparisons: how often their sides do their work."""

from __future__ import annotations

import pytest

from bench.comparison import Comparison, Ratio, measure


@pytest.mark.parametrize(
    ("promised", "repetitions", "amounts"),
    [(0.8, 1, [2, 5]), (0.8, 2, [2, 5, 5]), (None, 1, [5]), (None, 2, [2, 5, 5])],
)
def test_only_a_single_turn_of_what_nothing_is_promised_of_begins_cold(
    promised: float | None, repetitions: int, amounts: list[int]
) -> None:
    worked: list[int] = []
    shown: list[str] = []

    def side(amount: int) -> float:
        worked.append(amount)
        return 1.0

    ratios = (Ratio("one / other", "one", "other", promised), Ratio("other / one", "other", "one"))
    comparison = Comparison("A", "events/s", 5, {"one": side, "other": lambda _: 1.0}, ratios, warm_up=2)
    measured = measure(comparison, repetitions, shown.append)
    assert worked == amounts
    assert len(measured.figures["one"]) == repetitions
    assert len(shown) == comparison.turns(repetitions)
