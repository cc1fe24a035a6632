"""The header of a CSV file: which column becomes what of an event."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from message_center.files.errors import FileError
from message_center.intake.bodies import read_json
from message_center.intake.codes import code_of
from message_center.intake.problems import ProblemError
from message_center.intake.soap.events import CODES, FIELDS

NUMBERS = frozenset(CODES.values())
COLUMNS = (*FIELDS.values(), *CODES.values(), "idempotency_key", "replay_of", "traceparent")
CTX = "ctx"
WITHIN = "ctx."
DELIMITERS = ",;\t"
MAX_DEPTH = 64  # of a ctx


@dataclass(frozen=True)
class Header:
    """
    A header.

    :param names: of the columns.
    :param delimiter: between them.
    """

    names: list[str]
    delimiter: str

    @classmethod
    def read(cls, line: str) -> Header:
        """
        Read the first line.

        :raises FileError: if it is no header of ours; says what is wrong with it.
        """
        # None of our names has one in it.
        delimiter = next((each for each in line if each in DELIMITERS), DELIMITERS[0])
        try:
            names = [name.strip() for name in next(csv.reader([line], strict=True, delimiter=delimiter))]
        except csv.Error as error:
            raise FileError(f"line 1: the header is not CSV: {error}", _REMEDY) from None
        if fault := _fault(names):
            raise FileError(f"line 1: {fault}", _REMEDY)
        return cls(names, delimiter)

    def event(self, cells: list[str]) -> tuple[str | None, str]:
        """
        Return the event of a row as JSON, or the reason why it is none.

        An empty cell is a field that is not there, and within ctx an empty text.
        """
        fields: dict[str, Any] = {}
        ctx: dict[str, Any] = {}
        given = ""
        for (name, path), cell in zip(self._places, cells, strict=True):
            if path:
                _put(ctx, path, cell)
            elif name == CTX:
                given = cell.strip()
            elif cell:
                fields[name] = code_of(name, cell) if name in NUMBERS else cell
        if CTX not in self.names:
            return json.dumps({**fields, CTX: ctx}), ""
        return _with_json(fields, given)

    @cached_property
    def _places(self) -> list[tuple[str, list[str]]]:
        return [(name, name.split(".")[1:] if name.startswith(WITHIN) else []) for name in self.names]


def _put(ctx: dict[str, Any], path: list[str], cell: str) -> None:
    *above, name = path
    for each in above:
        ctx = ctx.setdefault(each, {})
    ctx[name] = cell


def _with_json(fields: dict[str, Any], given: str) -> tuple[str | None, str]:
    if not given:
        return json.dumps(fields), ""
    try:
        read_json(given)
    except ProblemError:
        return None, "ctx is not JSON"
    # As it came: each number keeps its form.
    return f"{json.dumps(fields)[:-1]}{', ' if fields else ''}{json.dumps(CTX)}: {given}}}", ""


def _fault(names: list[str]) -> str:
    """Return what is wrong with the names of columns; nothing if they are good."""
    unknown = [name for name in names if name not in (*COLUMNS, CTX) and not _is_within(name)]
    if unknown:
        return f"there is no column {', '.join(repr(name[:100]) for name in unknown[:5])}"
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        return f"the column {twice[0]} is there twice"
    if "type" not in names:
        return "the column type is missing"
    if deep := [name for name in names if name.count(".") > MAX_DEPTH]:
        return f"the column {deep[0][:100]} is within more than {MAX_DEPTH} others"
    above = {name.rpartition(".")[0] for name in names if _is_within(name)}
    above |= {".".join(name.split(".")[:depth]) for name in above for depth in range(1, name.count(".") + 2)}
    if both := sorted(above & set(names)):
        return f"the column {both[0]} is there, and columns within it"
    return ""


def _is_within(name: str) -> bool:
    return name.startswith(WITHIN) and all(name.split("."))


_REMEDY = (
    f"The first line names the columns, in UTF-8: {', '.join(COLUMNS)}; ctx as JSON, or ctx.<name> for what it has"
)
