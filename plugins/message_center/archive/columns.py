"""Which columns a stream carries. Neither side's list is written down: the catalogs of both decide."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from message_center.archive.streams import Stream
from message_center.archive.watermark import Connection
from message_center.sql import statement

# The archive's own columns; one of the same name on the execution side is kept in extra.
_OWN = ("account", "archived_at", "extra")
# What a delivery log has while it is claimed: nothing to be kept.
_OF_A_CLAIM = ("claim_token", "owner")


@dataclass(frozen=True)
class Columns:
    """The columns of one stream in one order: as ``read`` over there, and as ``written`` here."""

    read: sql.Composable
    written: sql.Composable
    excluded: sql.Composable
    unknown: tuple[str, ...]


def columns(execution: Connection, control: Connection, stream: Stream) -> Columns:
    """
    Compare the two tables of a stream.

    Columns that both sides have are cast to the archive's type where the types differ; those that the control
    side doesn't know go into ``extra`` as JSON; those that the execution side lacks are left alone.
    """
    types = _types(execution, "message_center", stream.table)
    source = {name: type_ for name, type_ in types.items() if name not in _OF_A_CLAIM}
    target = _types(control, "archive", stream.table)
    known = [name for name in source if name in target and name not in _OWN]
    unknown = tuple(name for name in source if name not in known)
    read = [_as(name, source[name], target[name]) for name in known]
    written = list(known)
    if unknown:
        read.append(_json(unknown))
        written.append("extra")
    return Columns(
        sql.SQL(", ").join(read),
        sql.SQL(", ").join(map(sql.Identifier, written)),
        sql.SQL(", ").join(sql.Identifier("excluded", name) for name in written),
        unknown,
    )


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
