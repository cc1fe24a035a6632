"""A curve of the benchmarks keeps what it has measured, whatever becomes of the rest."""

from __future__ import annotations

import pytest

from bench.curve import Chart, Curve, Drawn, Growth, draw


def speed_until_it_breaks(size: int) -> dict[str, float]:
    if size > 100:
        raise SystemExit(143)
    return {"speed": 1000.0 / size}


def curve(*sizes: int) -> Curve:
    return Curve(
        title="Speed, by size",
        of="rows",
        sizes=sizes,
        point=speed_until_it_breaks,
        charts=(Chart("speed", "Speed", "rows/s", ("speed",)),),
        growth=(Growth("speed, largest / smallest", "speed"),),
        repetitions=2,
    )


def test_a_curve_that_is_ended_keeps_its_points() -> None:
    drawn = Drawn(curve(10, 100, 1000))
    with pytest.raises(SystemExit):
        draw(drawn, lambda _: None)
    assert drawn.sizes == [10, 100]
    assert drawn.spread("speed", 100).median == 10.0
    assert not drawn.is_complete
    assert drawn.records() == []


def test_a_curve_is_complete_when_every_size_has_its_repetitions() -> None:
    drawn = Drawn(curve(10, 100))
    draw(drawn, lambda _: None)
    assert drawn.is_complete
    assert [record["ratio"] for record in drawn.records()] == [0.1]
