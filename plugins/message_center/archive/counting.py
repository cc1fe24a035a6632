"""The archived events are counted for reports, block by block, once they and their delivery logs are in."""

from __future__ import annotations

from message_center.archive.watermark import Connection
from message_center.sql import statement

BLOCKS_AT_ONCE = 16


def count_changed(control: Connection, account: str) -> int:
    """
    Count the blocks of an account in which something has changed; a transaction for each few of them.

    :param control: connection in autocommit mode.
    :return: how many blocks.
    """
    given, counted = {"account": account, "max_blocks": BLOCKS_AT_ONCE}, 0
    while blocks := _count(control, given):
        counted += blocks
    return counted


def _count(control: Connection, given: dict[str, object]) -> int:
    (row,) = control.execute(statement("control/count_blocks"), given).fetchall()
    return int(row[0])
