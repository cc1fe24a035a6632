"""The data of an event as JSON, in which every number keeps the form that it was pushed in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii
from typing import Any

MAX_INTEGER_DIGITS = 300
"""Python reads no integer of more than 4,300 digits; beyond this a number is only what it looks like."""


class Number(float):
    """
    A number that prints as it was pushed: 19.90 as 19.90, and 1234567890123456.78 with all its digits.

    What is computed from it is a plain float.
    """

    text: str

    def __new__(cls, text: str) -> Number:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __reduce__(self) -> tuple[type[Number], tuple[str]]:
        return Number, (self.text,)


def read_json(text: str) -> Any:
    """
    Return what a JSON text holds.

    :raises ValueError: if it is none, or is nested so deeply that it cannot be read.
    """
    try:
        return json.loads(text, parse_float=Number, parse_int=_integer)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= MAX_INTEGER_DIGITS else Number(text)


class _Encoder(json.JSONEncoder):
    def iterencode(self, o: Any, _one_shot: bool = False) -> Iterator[str]:
        # The standard encoder writes a float's own repr, whatever a subclass of it says.
        make = json.encoder._make_iterencode  # type: ignore[attr-defined]
        iterencode = make(
            {} if self.check_circular else None,
            self.default,
            encode_basestring_ascii,
            self.indent,
            _float,
            self.key_separator,
            self.item_separator,
            self.sort_keys,
            self.skipkeys,
            _one_shot,
        )
        return iterencode(o, 0)  # type: ignore[no-any-return]


def _float(number: float) -> str:
    if isinstance(number, Number):
        return number.text
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("JSON has no such number")
    return float.__repr__(number)


def write_json(value: Any, **settings: Any) -> str:
    """
    Return a value as JSON text, its numbers as :func:`read_json` found them.

    :raises ValueError: if a number is infinite or none.
    :raises TypeError: if something is not JSON.
    """
    return json.dumps(value, cls=_Encoder, **settings)
