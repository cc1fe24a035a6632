"""What other machines read: metrics, and the files that draw them and alert by them; and the load balancer's ping."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import psycopg
import pytest
import yaml
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.instances.heartbeats import record_run
from message_center.supervision.metrics import exposition
from message_center.supervision.routes import router
from message_center.supervision.supervise import Supervision
from message_center.workflows import ARCHIVING, PURGE
from support.events import deploy_template, event, push, route
from support.ports import free_port
from support.process import REPOSITORY

Connection = psycopg.Connection[Any]

TOKEN = {"Authorization": "Bearer s3cret"}
FILES = ("deploy/grafana/message_center.json", "deploy/prometheus/alerts.yaml")


@pytest.fixture
def client(control: Connection, airflow_connections: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """An app with our routes, as the page's app has them."""
    monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__METRICS_TOKEN", "s3cret")
    registry = Registry([Account("mctest"), Account("away"), Account("off", enabled=False)])
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        yield client


@pytest.fixture
async def looked_at(execution: Connection, control: Connection, airflow_connections: None) -> None:
    """An instance with a queue and an archive, after a look."""
    deploy_template(execution)
    push(execution, *[event()] * 3)
    route(execution)
    push(execution, *[event()] * 7)
    control.execute(
        "insert into message_center.execution_instance (account, instance_identifier, database_identity)"
        " values ('mctest', 1, 'x')"
    )
    record_run(control, ARCHIVING.name, "mctest", "success")
    record_run(control, PURGE.name, "mctest", "error", error="disk full")
    await Supervision().run([Account("mctest")], datetime.now(timezone.utc))


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples by metric and labels, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.usefixtures("looked_at")
class TestMetrics:
    def test_are_what_the_last_look_found(self, client: TestClient) -> None:
        answer = client.get("/metrics", headers=TOKEN)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain; version=")
        found = samples(answer.text)
        assert found["message_center_pending", "mctest", "all"] == 7
        assert found["message_center_events_in", "mctest", "rt"] == 3
        assert found["message_center_level", "mctest", "pending", "all"] == 0
        assert found["message_center_level", "mctest", "run_failed", "purge"] == 1
        assert found["message_center_threshold", "", "error_rate", "alert"] == 5
        age = datetime.now(timezone.utc).timestamp() - found["message_center_looked_at_seconds", "mctest"]
        assert 0 <= age < 60

    @pytest.mark.parametrize("file", FILES)
    def test_files_use_those_that_there_are(self, control: Connection, file: str) -> None:
        there = {family.name for family in text_string_to_metric_families(exposition(control).decode())}
        text = (REPOSITORY / file).read_text(encoding="utf-8")
        assert json.loads(text) if file.endswith("json") else yaml.safe_load(text)
        used = set(re.findall(r"\bmessage_center_\w+", text)) - {"message_center_token"}
        assert used
        assert used <= there
        judged = {indicator for (indicator,) in control.execute("select indicator from message_center.threshold")}
        assert set(re.findall(r'indicator=\\?"(\w+)', text)) <= judged


class TestPing:
    def test_is_ok_up_to_the_alert_of_pending(
        self, client: TestClient, execution: Connection, control: Connection
    ) -> None:
        push(execution, *[event()] * 5, event(scheduled="2999-01-01T00:00:00Z"))
        push(execution, *[event()] * 2, queue="batch")
        ok = client.get("/mcPing", params={"account": "mctest"}, headers=TOKEN)
        word, at, told = ok.text.splitlines()
        assert (ok.status_code, word, told) == (200, "Ok", "7/400 pending events")
        assert datetime.fromisoformat(at.replace("Z", "+00:00")).tzinfo
        control.execute("insert into message_center.threshold values ('pending', 'mctest', 2, 7)")
        full = client.get("/mcPing", params={"account": "mctest"}, headers=TOKEN)
        assert full.status_code == 503
        assert full.text.splitlines()[::2] == ["Error", "The queue is full (7/7)"]

    def test_of_an_instance_that_is_away(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_AWAY", f"postgres://nobody:pa55@127.0.0.1:{free_port()}/nothing")
        answer = client.get("/mcPing", params={"account": "away"}, headers=TOKEN)
        assert answer.status_code == 503
        assert answer.text.startswith("Error\n")
        assert "pa55" not in answer.text


@pytest.mark.parametrize("path", ["/metrics", "/mcPing?account=mctest"])
def test_nobody_gets_in_without_the_token(client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer s3cre"}).status_code == 401
    assert client.get(path, headers=TOKEN).status_code == 200
    monkeypatch.delenv("AIRFLOW__MESSAGE_CENTER__METRICS_TOKEN")
    assert client.get(path, headers={"Authorization": "Bearer "}).status_code == 403


def test_load_balancers_ping_without_it_where_that_is_configured(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__PING_WITHOUT_TOKEN", "True")
    assert client.get("/mcPing?account=mctest").status_code == 200
    assert client.get("/metrics").status_code == 401


@pytest.mark.parametrize("account", ["nobody", "off", "message_center_control"])
def test_only_accounts_are_pinged(client: TestClient, account: str) -> None:
    assert client.get("/mcPing", params={"account": account}, headers=TOKEN).status_code == 404
