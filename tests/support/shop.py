"""An account with a history: messages sent, failed, ignored, unroutable and waiting, as operators come upon them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.archive.streams import EVENTS
from message_center.instances.deployment import deploy
from message_center.instances.heartbeats import record_run
from message_center.publication.versions import Request, record
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER
from support.archive import archive_all
from support.connections import as_airflow_sees
from support.events import claim, content, event, log, push, route, update_event_statuses

Connection = psycopg.Connection[Any]

TYPES = {"order_confirmation": "Order confirmed", "password_reset": "Password reset"}
REFUSED = {"failure_type": "hard", "failure_reason": 1, "message": "550 5.1.1 no such user", "quarantine": True}
IGNORED = {"failure_type": "ignored", "failure_reason": 0, "message": "in quarantine"}
UNREACHABLE = '{"conn_type": "message_center_execution", "host": "127.0.0.1", "port": 1, "schema": "gone"}'
BEAT = "select message_center.record_heartbeat(%s, 'progress', clock_timestamp() + interval '5 min', '{}', null)"


# A day as shops have it: quiet at night, a peak before noon; some errors, and short queues.
A_DAY = """
    insert into message_center.statistic (
        id, minute, queue, events_in, routed, sent, failed, ignored, queue_ms, sending_ms, processing_ms, pending_most,
        pending_least, pending_sum, samples, oldest_ms)
    select message_center.statistic_id(m, 'rt'), m, 'rt', n, n, n * 97 / 100, n / 100, n / 50, n * 9, n * 210, n * 600,
        n / 9, 0, n / 20 * 12, 12, n * 3
    from generate_series(
        date_trunc('minute', now()) - interval '1 day', date_trunc('minute', now()) - interval '2 min', '1 minute') as m
    cross join lateral (
        select (350 + 250 * sin(date_part('epoch', m) / 13751 - 1.2) + 60 * sin(date_part('epoch', m) / 1700))::int
    ) as a (n)
"""


def publish(control: Connection, execution: Connection, account: str) -> None:
    """Publish two templates, the first one twice, and deploy them."""
    contents = {name: content(name, subject=label) for name, label in TYPES.items()}
    record(control, Request("publish", "first", "ann", "The first ones", contents, event_types=TYPES))
    changed = {"order_confirmation": content(subject="Thank you for order {{ ctx.order }}")}
    record(control, Request("publish", "second", "bob", "A friendlier subject", changed, event_types=TYPES))
    deploy(account, control, execution, list(TYPES))


def send(execution: Connection, count: int = 20) -> dict[str, list[int]]:
    """Push events and take them as far as they come; return their ids by what becomes of them."""
    people = [event(email=f"person{n}@shop.example", external_id=f"order-{n}", ctx={"order": n}) for n in range(count)]
    pushed = push(execution, *people)
    (unknown,) = push(execution, event(type="no_such_type", email="lost@shop.example"))
    route(execution)
    claimed = claim(execution, max_events=count)
    failed, ignored, sent = claimed[:1], claimed[1:2], claimed[2:]
    outcomes = [
        *({"event_id": id_, "status": "Delivery failed", **REFUSED} for id_ in failed),
        *({"event_id": id_, "status": "Ignored by the delivery", **IGNORED} for id_ in ignored),
        *({"event_id": id_, "status": "Sent"} for id_ in sent),
    ]
    assert log(execution, *outcomes) == []
    update_event_statuses(execution)
    waiting = push(
        execution, event(email="later@shop.example", scheduled="2099-01-01T00:00:00Z"), event(), queue="batch"
    )
    assert sorted(pushed) == sorted(claimed)
    return {"sent": sent, "failed": failed, "ignored": ignored, "unknown": [unknown], "waiting": waiting}


def beat(control: Connection, execution: Connection, account: str) -> None:
    """Leave the heartbeats of all workflows, as if they were at work."""
    for workflow in STARTED_BY_THE_USER:
        execution.execute(BEAT, [workflow.name])
    record_run(control, ARCHIVING.name, account, "success", {EVENTS.name: 1})


def register(control: Connection, execution: Connection, account: str) -> None:
    """Let control know the account."""
    control.execute(
        "insert into message_center.execution_instance (account, instance_identifier, database_identity)"
        " values (%s, %s, %s)",
        [account, identifier(execution), account],
    )


def identifier(execution: Connection) -> int:
    row = execution.execute("select instance_identifier from message_center.instance").fetchone()
    assert row
    return int(row[0])


def history(control: Connection, execution: Connection, account: str, count: int = 20) -> dict[str, list[int]]:
    """Give an account all of it: registered, a day's statistics, templates, messages, archive, workflows at work."""
    register(control, execution, account)
    execution.execute(A_DAY)
    publish(control, execution, account)
    ids = send(execution, count)
    archive_all(execution, control, account)
    beat(control, execution, account)
    return ids


@contextmanager
def known_to_airflow(control: Connection | None, **accounts: Connection | None) -> Iterator[None]:
    """Let Airflow know control and accounts; those without a database cannot be reached."""
    with pytest.MonkeyPatch.context() as patch:
        registry = Registry([Account(name) for name in accounts])
        patch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
        if control:
            patch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", as_airflow_sees(control, "message_center_control"))
        for name, database in accounts.items():
            uri = as_airflow_sees(database, "message_center_execution") if database else UNREACHABLE
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}", uri)
        yield
