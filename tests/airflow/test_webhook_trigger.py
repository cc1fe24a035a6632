"""The trigger of webhooks, run for real: connections from Airflow, a database, a receiver, and the task's result."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any

import psycopg
import pytest
from airflow.triggers.base import TaskSuccessEvent

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.webhooks.from_airflow import load_webhooks
from message_center.webhooks.hook import WebhookHook
from message_center.webhooks.trigger import WebhookWindowOperator
from message_center.workflows import DELIVER_WEBHOOKS
from support import dag_bags  # noqa: F401 - sets Airflow's home
from support.connections import as_airflow_sees
from support.webhooks import SECRET, Receiver, known, pushed, receiver, row_of, webhook

Connection = psycopg.Connection[Any]


@pytest.fixture
def erp(execution: Connection, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A receiver whose connection Airflow has, beside one that is typed wrong."""
    with receiver() as app:
        registry = Registry([Account("mcTest", webhooks=("erp", "wrong"))])
        told = {"conn_type": "message_center_webhook", "host": app.url, "password": SECRET, "extra": {"queues": "rt"}}
        monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__WEBHOOK_HTTP_IS_ALLOWED", "True")
        monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
        monkeypatch.setenv("AIRFLOW_CONN_MCTEST", as_airflow_sees(execution, "message_center_execution"))
        monkeypatch.setenv("AIRFLOW_CONN_ERP", json.dumps(told))
        monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps(told | {"password": "none"}))
        yield app


async def test_a_window_tells_what_the_connections_name(execution: Connection, erp: Receiver) -> None:
    known(execution, webhook(erp))
    pushed(execution, 5)
    end = (datetime.now(timezone.utc) + timedelta(seconds=2)).isoformat()
    operator = WebhookWindowOperator(
        task_id="window", account="mcTest", workflow=DELIVER_WEBHOOKS.name, window_end=end, window_seconds=20
    )
    arguments = operator.start_trigger_args
    assert arguments is not None
    assert arguments.trigger_kwargs is not None
    module, _, name = arguments.trigger_cls.rpartition(".")
    trigger = getattr(import_module(module), name)(**arguments.trigger_kwargs)
    assert SECRET not in json.dumps(arguments.trigger_kwargs)

    (fired,) = [fired async for fired in trigger.run()]
    assert isinstance(fired, TaskSuccessEvent)
    assert fired.xcoms == {"return_value": {"told": 5, "failed": 0, "reconnects": 0}}
    assert len(erp.taken) == 5
    assert row_of(execution)["queues"] == ["rt"]
    beat = "select last_success > last_start from message_center.workflow_heartbeat where workflow = 'deliverWebhooks'"
    assert execution.execute(beat).fetchone() == (True,)


def test_what_airflow_does_not_tell_is_not_taken_for_gone(erp: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.name for each in load_webhooks("mcTest")] == ["erp"]
    monkeypatch.delenv("AIRFLOW_CONN_ERP")
    with pytest.raises(LookupError, match="no connection 'erp'"):
        load_webhooks("mcTest")
    with pytest.raises(LookupError, match="no account 'mcOther'"):
        load_webhooks("mcOther")


def test_a_test_of_the_connection_asks_the_receiver(erp: Receiver) -> None:
    assert WebhookHook("erp").test_connection() == (True, "The receiver has taken a message of the type webhook.test")
    erp.says(401)
    assert WebhookHook("erp").test_connection() == (False, "refused: HTTP 401")
    is_good, why = WebhookHook("wrong").test_connection()
    assert (is_good, "its password is no secret" in why) == (False, True)
