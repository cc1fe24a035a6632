"""What is refused for one event is found by halving, and harms no other."""

from __future__ import annotations

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from message_center.intake.halving import Halves
from message_center.intake.instance import Result


@given(st.integers(0, 200).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size), max_size=4))))
def test_those_to_blame_are_refused_and_all_others_pushed_once_and_in_order(given: tuple[int, set[int]]) -> None:
    size, bad = given
    results: list[Result] = []
    calls = 0
    for part in (halves := Halves(range(size))):
        calls += 1
        if bad & set(part):
            results += halves.refused(psycopg.DataError("this one"))
        else:
            results += [Result(each, None) for each in part]
    assert [result.id for result in results] == [None if each in bad else each for each in range(size)]
    assert {result.reason for result in results if result.id is None} <= {"not storable: this one"}
    assert calls <= 1 + 2 * len(bad) * size.bit_length()
