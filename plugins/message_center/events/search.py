"""Search over live instances and the archive: one page, an event once, the live one where there are two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from message_center.events.filters import EventFilter
from message_center.events.places import Places
from message_center.sql import statement

Row = dict[str, Any]
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Found:
    """
    What of an account was found from a place on.

    :param rows: by id, the greatest first; ``is_live`` says where each was found.
    :param floor: down to this id everything has been looked at; ``None``: to the end.
    """

    rows: list[Row] = field(default_factory=list)
    floor: int | None = None


def find_archived(control: Connection, wanted: EventFilter, places: Places, limit: int) -> dict[str, list[Row]]:
    """Return the archived events of each account from its place on, ``limit`` of each at most."""
    parameters = {"filter": Jsonb(wanted.for_archive), "before": Jsonb(dict(places)), "limit": limit}
    found: dict[str, list[Row]] = {account: [] for account in places}
    for row in control.cursor(row_factory=dict_row).execute(statement("control/find_events"), parameters):
        found[row.pop("account")].append(row)
    return found


def find_live(
    execution: Connection, wanted: EventFilter, before: int | None, limit: int, archived: Sequence[Row]
) -> Found:
    """Return an instance's events from a place on, and those archived ones that it has purged."""
    rows = execution.cursor(row_factory=dict_row)
    parameters = {"filter": Jsonb(wanted.for_instance), "before_id": before, "limit": limit}
    live = rows.execute(statement("execution/find_events"), parameters).fetchall()
    known = {row["id"] for row in live}
    copies = [row["id"] for row in archived if row["id"] not in known]
    if copies:
        known |= {id_ for (id_,) in execution.execute(statement("execution/present_events"), {"ids": copies})}
    return merged(live, archived, limit, known)


def merged(live: Sequence[Row], archived: Sequence[Row], limit: int, known: set[int]) -> Found:
    """
    Return an account's live and archived events as one.

    :param known: the ids that the instance has; what the archive has of them is older.
    """
    floors = [rows[-1]["id"] for rows in (live, archived) if len(rows) >= limit]
    floor = max(floors, default=None)
    rows = [
        *({**row, "is_live": True} for row in live),
        *({**row, "is_live": False} for row in archived if row["id"] not in known),
    ]
    rows = [row for row in rows if floor is None or row["id"] >= floor]
    return Found(sorted(rows, key=lambda row: int(row["id"]), reverse=True), floor)


def page_of(found: Mapping[str, Found], places: Places, limit: int) -> tuple[list[Row], dict[str, int | None]]:
    """
    Return the newest events over all accounts, and where the next page goes on.

    It ends before ``limit`` where an account has come to its floor: what it has below may be newer than the others'.
    """
    page: list[Row] = []
    left = {account: list(each.rows) for account, each in found.items()}
    next_places = dict(places)
    while len(page) < limit:
        heads = [(rows[0]["created_at"], rows[0]["id"], account) for account, rows in left.items() if rows]
        if not heads or any(not rows and found[account].floor is not None for account, rows in left.items()):
            break
        _, id_, account = max(heads)
        page.append({"account": account, **left[account].pop(0)})
        next_places[account] = id_
    for account, rows in left.items():
        if not rows and found[account].floor is None:
            del next_places[account]
        elif not rows:
            next_places[account] = found[account].floor
    return page, next_places
