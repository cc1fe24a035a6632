"""Windows work no instance that is another control's, and go on while control is away."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.triggers.base import TaskFailedEvent, TaskSuccessEvent

from message_center.delivery.email.operator import EmailWindowOperator
from message_center.instances.belonging import OtherControlError, identity_of
from message_center.instances.own_connections import KnownControl
from message_center.queues.enrichment.operator import EnrichmentWindowOperator
from message_center.queues.trigger import WindowTrigger
from support.delivery import pending_delivery
from support.events import deploy_template, event, push, status
from support.smtp import Sink

Connection = psycopg.Connection[Any]
AWAY = '{"conn_type": "message_center_control", "host": "127.0.0.1", "port": 1, "login": "x", "schema": "x"}'


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, airflow_connections: None) -> KnownControl:
    """A process that has not asked yet who control is."""
    known = KnownControl()
    for module in ("queues.trigger", "delivery.operator", "queues.enrichment.operator"):
        monkeypatch.setattr(f"message_center.{module}.KNOWN_CONTROL", known)
    return known


def window_end(seconds: float = 1) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


def belong_to(execution: Connection, control: uuid.UUID) -> None:
    execution.execute("update message_center.instance set control = %s", [control])


async def window() -> Any:
    (fired,) = [fired async for fired in WindowTrigger("mcTest", "rtEventsProcessing", window_end()).run()]
    return fired


async def test_a_queue_of_anothers_instance_is_left_alone(execution: Connection, control: Connection) -> None:
    deploy_template(execution)
    (id_,) = push(execution, event())
    belong_to(execution, uuid.uuid4())
    refused = await window()
    assert isinstance(refused, TaskFailedEvent)
    assert "belongs to another control instance" in str(refused.xcoms)
    assert status(execution, id_)[0] == "Pending"
    assert execution.execute("select count(*) from message_center.workflow_heartbeat").fetchone() == (0,)
    belong_to(execution, identity_of(control))
    assert isinstance(await window(), TaskSuccessEvent)
    assert status(execution, id_)[0] == "Pending delivery"


async def test_a_window_goes_on_while_control_is_away(
    execution: Connection, control: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", AWAY)
    deploy_template(execution)
    (id_,) = push(execution, event())
    belong_to(execution, identity_of(control))
    assert isinstance(await window(), TaskSuccessEvent)
    assert status(execution, id_)[0] == "Pending delivery"


def test_who_control_was_is_known_while_it_is_away(
    control: Connection, fresh: KnownControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fresh.identity() == identity_of(control)
    monkeypatch.setenv("AIRFLOW_CONN_MESSAGE_CENTER_CONTROL", AWAY)
    fresh._until = 0
    assert fresh.identity() == identity_of(control)


def test_windows_that_begin_together_ask_once(fresh: KnownControl, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Connection] = []

    def identity(control: Connection) -> uuid.UUID:
        asked.append(control)
        return identity_of(control)

    monkeypatch.setattr("message_center.instances.own_connections.identity_of", identity)
    with ThreadPoolExecutor(20) as threads:
        assert len(set(threads.map(lambda _: fresh.identity(), range(20)))) == 1
    assert len(asked) == 1


def email() -> EmailWindowOperator:
    return EmailWindowOperator(task_id="window", account="mcTest", smtp_conn_id="test_smtp", window_end=window_end(3))


def enrichment() -> EnrichmentWindowOperator:
    path = f"{__name__}:event"
    return EnrichmentWindowOperator(
        task_id="window", account="mcTest", event_type="order_confirmation", path=path, window_end=window_end(3)
    )


@pytest.mark.parametrize("operator", [email, enrichment])
def test_nothing_is_sent_or_enriched_for_another(
    operator: Callable[[], Any], execution: Connection, template: int, sink: Sink
) -> None:
    pending_delivery(execution, template, "zoe@a.example")
    belong_to(execution, uuid.uuid4())
    run: Any = {"ti": SimpleNamespace(dag_id="deliveryExecution_mcTest", run_id="r")}
    with pytest.raises(OtherControlError, match="belongs to another control instance"):
        operator().execute(run)
    assert sink.received == []
    assert execution.execute("select count(*) from message_center.delivery_log").fetchone() == (0,)
