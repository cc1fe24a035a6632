"""ctx as JSON: whatever intake accepts can be read, and every number keeps its form."""

from __future__ import annotations

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_center.ctx import read_json, write_json

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=None).map(str) | st.integers().map(str)
VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(NUMBERS.filter(lambda text: json.loads(text) is not None)))
def test_a_number_is_written_as_it_was_read(numbers: list[str]) -> None:
    text = f"[{', '.join(numbers)}]"
    assert write_json(read_json(text)) == text


@given(VALUES)
def test_what_is_no_number_is_written_as_the_standard_library_does(value: object) -> None:
    assert json.loads(write_json(read_json(json.dumps(value)))) == value


def test_a_number_of_thousands_of_digits_is_read_and_printed() -> None:
    text = "1" + "0" * 5000
    (number,) = read_json(f"[{text}]")
    assert str(number) == text
    assert math.isinf(number)


def test_what_is_computed_is_an_ordinary_number() -> None:
    (price,) = read_json("[19.90]")
    assert Decimal(str(price)) == Decimal("19.90")
    assert (price + 0.1, price * 2, f"{price:.1f}") == (20.0, 39.8, "19.9")


def test_what_is_nested_too_deeply_is_an_error_in_words() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        read_json("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_has_not_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="no such number"):
        write_json([number])
