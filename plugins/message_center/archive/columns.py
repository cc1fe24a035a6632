"""Which columns a stream carries. Neither side's list is written down: the catalogs of both decide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from message_center.archive.streams import Stream
from message_center.archive.watermark import Connection
from message_center.sql import statement

# The archive's own columns; one of the same name on the execution side is kept in extra.
_OWN = ("account", "archived_at", "extra")
# What takes every value of a type as it is. Not: timestamp and timestamptz, date and timestamptz, which depend on the
# session's time zone.
_WIDER = {
    "smallint": ("integer", "bigint", "numeric", "real", "double precision"),
    "integer": ("bigint", "numeric", "double precision"),
    "bigint": ("numeric",),
    "real": ("double precision",),
    "date": ("timestamp without time zone",),
    "jsonb": ("json",),
}
_SIZED = (
    "character varying",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
)


class ColumnTypeError(ValueError):
    """A column whose values would change on their way into the archive."""


# What a delivery log has while it is claimed: nothing to be kept.
_OF_A_CLAIM = ("claim_token", "owner")


@dataclass(frozen=True)
class Columns:
    """The columns of one stream in one order: as ``read`` over there, and as ``written`` here."""

    known: tuple[str, ...]
    """Those that both sides have."""
    parts: tuple[sql.Composable, ...]
    """How each of them is read."""
    unknown: tuple[str, ...]
    """Those that the control side doesn't know."""

    @property
    def read(self) -> sql.Composable:
        return sql.SQL(", ").join([*self.parts, *([_json(self.unknown)] if self.unknown else [])])

    @property
    def written(self) -> sql.Composable:
        return sql.SQL(", ").join(map(sql.Identifier, [*self.known, *(["extra"] if self.unknown else [])]))

    @property
    def names(self) -> sql.Composable:
        """What is set where the row is there already; ``extra`` is merged."""
        return sql.SQL(", ").join(map(sql.Identifier, self.known))

    @property
    def excluded(self) -> sql.Composable:
        return sql.SQL(", ").join(sql.Identifier("excluded", name) for name in self.known)


def columns(execution: Connection, control: Connection, stream: Stream) -> Columns:
    """
    Compare the two tables of a stream.

    Columns that both sides have are cast to the archive's type where it is a wider one; those that the control
    side doesn't know go into ``extra`` as JSON; those that the execution side lacks are left alone.

    :raises ColumnTypeError: if the archive's type of a column is not a wider one.
    """
    types = _types(execution, "message_center", stream.table)
    source = {name: type_ for name, type_ in types.items() if name not in _OF_A_CLAIM}
    target = _types(control, "archive", stream.table)
    known = tuple(name for name in source if name in target and name not in _OWN)
    for name in known:
        if not is_wider(source[name], target[name]):
            raise ColumnTypeError(
                f'column "{name}" is {source[name]} on the execution instance and {target[name]} in the archive, '
                "which would change its values"
            )
    unknown = tuple(name for name in source if name not in known)
    return Columns(known, tuple(_as(name, source[name], target[name]) for name in known), unknown)


def is_wider(source: str, target: str) -> bool:
    """
    Whether every value of a type is the same in another one, whatever the session's settings.

    :param source: as ``format_type`` has it.
    """
    if source == target or target in ("text", "character varying"):
        return True
    (one, size), (other, other_size) = _parsed(source), _parsed(target)
    if one != other:
        return not other_size and other in _WIDER.get(one, ())
    if one == "numeric":
        return not other_size or bool(size and _digits(size, other_size))
    return one in _SIZED and (not other_size or bool(size and size <= other_size))


def _parsed(type_name: str) -> tuple[str, list[int]]:
    """Return a type's name and its sizes: numeric(12,2), timestamp(3) with time zone."""
    found = re.fullmatch(r"([^(]+)\(([\d,]+)\)(.*)", type_name)
    return (found[1] + found[3], [int(size) for size in found[2].split(",")]) if found else (type_name, [])


def _digits(size: list[int], other: list[int]) -> bool:
    """Whether numeric(other) has room for numeric(size), before the point and after it."""
    (precision, scale), (other_precision, other_scale) = ([*each, 0][:2] for each in (size, other))
    return other_scale >= scale and other_precision - other_scale >= precision - scale


def _types(connection: Connection, schema: str, table: str) -> dict[str, str]:
    name = sql.Identifier(schema, table).as_string(connection)
    return dict(connection.execute(statement("control/table_columns"), {"table": name}).fetchall())


def _as(name: str, source_type: str, target_type: str) -> sql.Composable:
    column = sql.Identifier("source", name)
    if source_type == target_type:
        return column
    # A type's name can't be an identifier (timestamp with time zone); this one comes from format_type.
    return sql.SQL("cast({} as {})").format(column, sql.SQL(target_type))


def _json(names: tuple[str, ...]) -> sql.Composable:
    fields = sql.SQL(", ").join(sql.Identifier("source", name) for name in names)
    return sql.SQL("(select to_jsonb(unknown) from (select {}) as unknown)").format(fields)
