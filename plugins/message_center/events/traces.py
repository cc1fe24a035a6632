"""What is known of an event, read from its instance and from the archive; either may be away."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from message_center.events.story import Traces, address_of
from message_center.sql import statement

Connection = psycopg.Connection[Any]
Row = dict[str, Any]


def read_traces(execution: Connection | None, control: Connection | None, account: str, event_id: int) -> Traces | None:
    """Return what is known of an event; ``None`` if nobody who could be asked has it."""
    live = _value(execution, "execution/event_row", id=event_id)
    archived = _value(control, "control/event_row", id=event_id, account=account)
    event = live or archived
    if event is None:
        return None
    given = {
        **{name: event[name] for name in ("type", "wished_channel", "queue", "template_id", "language")},
        **{name: event[name] for name in ("processed_at", "replay_of")},
        "id": event_id,
        "account": account,
        "address": address_of(event),
    }
    here = _row(execution, "execution/event_traces", given)
    there = _row(control, "control/event_traces", given)
    return Traces(
        event=event,
        live=live is not None,
        archived=archived,
        delivery=here.get("delivery") or there.get("delivery"),
        tries=here.get("tries") or there.get("tries") or [],
        tracking=_united(here, there, "tracking"),
        quarantine=here.get("quarantine"),
        event_type=here.get("event_type"),
        template=(here.get("template") or {}) | (there.get("template") or {}) or None,
        candidates=(here.get("candidates") or []) if execution else None,
        acts=_united(here, there, "acts"),
        address_acts=_united(here, there, "address_acts"),
        replays=_united(here, there, "replays"),
    )


def _united(here: Row, there: Row, name: str) -> list[Row]:
    """Return the rows of both, each once; those of the instance are newer."""
    rows = {row["id"]: row for part in (there, here) for row in part.get(name) or []}
    return [rows[id_] for id_ in sorted(rows)]


def _value(connection: Connection | None, name: str, **given: Any) -> Row | None:
    row = connection.execute(statement(name), given).fetchone() if connection else None
    return row[0] if row else None


def _row(connection: Connection | None, name: str, given: Row) -> Row:
    if connection is None:
        return {}
    (row,) = connection.cursor(row_factory=dict_row).execute(statement(name), given).fetchall()
    return row
