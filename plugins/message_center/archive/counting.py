"""The archived events are counted for reports, block by block, once they and their delivery logs are in."""

from __future__ import annotations

import logging

import psycopg

from message_center.archive.watermark import Connection
from message_center.errors import one_line
from message_center.sql import statement

BLOCKS_AT_ONCE = 16

log = logging.getLogger(__name__)


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


def count_what_is_left(control: Connection, account: str) -> None:
    """Count what a run has brought that did not come to its end, as where a stream fails for days."""
    try:
        count_changed(control, account)
    except psycopg.Error as error:
        # Reports count it for themselves; it keeps nobody from archiving.
        log.warning("Account %s: events are not counted for reports: %s", account, one_line(error))


def _count(control: Connection, given: dict[str, object]) -> int:
    (row,) = control.execute(statement("control/count_blocks"), given).fetchall()
    return int(row[0])
