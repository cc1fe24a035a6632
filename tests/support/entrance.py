"""All kinds of callers at the doors of one instance, each with an event of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg

from message_center.intake.keys import digest_of, id_of, new_secret
from support.doors import add_caller, add_key
from support.events import event

Connection = psycopg.Connection[Any]
TYPE = "order_confirmation"


class Visitor(NamedTuple):
    """
    Somebody at the door.

    :param secret: that it sends; ``None``: none.
    :param event: the id of the event that it asks for.
    :param mark: what is in this event, and in no answer to who may not see it.
    """

    secret: str | None
    event: int
    mark: str


Secret = Callable[[Connection, str], str | None]


def forged(instance: Connection, name: str) -> str:
    secret = add_caller(instance, name)
    return secret[:-1] + ("A" if secret[-1] != "A" else "B")


def removed(instance: Connection, name: str) -> str:
    secret = add_caller(instance, name)
    instance.execute("select message_center.remove_caller(%s)", [name])
    return secret


def expired(instance: Connection, name: str) -> str:
    secret = add_caller(instance, name)
    instance.execute(
        "update message_center.caller_key set expires_at = clock_timestamp() - interval '1 s' where id = %s",
        [id_of(secret)],
    )
    return secret


def rotated(instance: Connection, name: str) -> str:
    secret = add_caller(instance, name)
    add_key(instance, name)
    return secret


def session(instance: Connection, name: str, lifetime: str = "1 day") -> str:
    secret = new_secret()
    given = [id_of(add_caller(instance, name)), id_of(secret), digest_of(secret), lifetime]
    instance.execute("select message_center.open_session(%s, %s, %s, %s::interval)", given)
    return secret


STRANGERS: dict[str, Secret] = {
    "nobody": lambda _, __: None,
    "no secret": lambda _, __: "hunter2",
    "unknown": lambda _, __: new_secret(),
    "forged": forged,
    "removed": removed,
    "expired": expired,
    "rotated": rotated,
    "session that is over": lambda instance, name: session(instance, name, "-1 s"),
}
"""Who is let in nowhere."""
CALLERS: dict[str, Secret] = {
    "own": add_caller,
    "session": session,
    "other's": add_caller,
    "reads": lambda instance, name: add_caller(instance, name, may=("read",)),
    "pushes": lambda instance, name: add_caller(instance, name, may=("push",)),
    "acts": lambda instance, name: add_caller(instance, name, may=("act",)),
    "other type": lambda instance, name: add_caller(instance, name, event_types=["invoice_ready"]),
    "other queue": lambda instance, name: add_caller(instance, name, queues=["batch"]),
}
"""Who is let in, and what it may do there."""


def visitors(instance: Connection, ended: bool) -> dict[str, Visitor]:
    """
    Return one of each kind; "other's" has rights of all sorts, and asks for the event of "own".

    :param ended: whether the events are at their end, or pending.
    """
    found: dict[str, Visitor] = {}
    for kind, secret in (CALLERS | STRANGERS).items():
        name = kind.replace(" ", "_").replace("'", "")
        given = secret(instance, name)
        mark = f"mark-of-{name}"
        pushed = event(external_id=mark, email=f"{mark}@shop.example", scheduled="2037-01-01T00:00:00Z")
        row = instance.execute(
            "select id from message_center.push_events_of(%s, 'rt', %s::json)", [name, json.dumps(pushed)]
        ).fetchone()
        assert row is not None
        own = Visitor(given, row[0], mark)
        found[kind] = own if kind != "other's" else own._replace(event=found["own"].event, mark=found["own"].mark)
    if ended:
        instance.execute("update message_center.event set status = 'Expired', status_reason = 'too late'")
    return found


def stored(instance: Connection) -> list[Any]:
    """What a call that is refused leaves as it was."""
    tables = ("event", "keyed_call", "idempotency_key", "operator_act", "caller", "caller_key")
    return [instance.execute(f"select * from message_center.{table} order by 1, 2").fetchall() for table in tables]
