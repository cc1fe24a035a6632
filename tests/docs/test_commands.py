"""The commands of the pages run, and show what the pages say: here, those that need no running stack."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from message_center.queues.enrichment.work import Enrichment
from message_center.templates.files import read_templates
from support.events import deploy_template, event, push, route
from support.pages import FOLLOWED_PAGES, PAGES, STACK_PAGES, Runner, blocks, reader_environment, runnable
from support.process import REPOSITORY

Connection = psycopg.Connection[Any]
TEMPLATES = "docs/templates.md"


@pytest.fixture
def reader(tmp_path: Path, execution: Connection, execution_uri: str, control_uri: str) -> Runner:
    """A reader with a project folder, and an instance with the sample templates and two events that are routed."""
    shutil.copytree(REPOSITORY / "include" / "templates", tmp_path / "include" / "templates")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for name, template in read_templates().templates.items():
        deploy_template(execution, template.event_type, internal_name=name)
    push(execution, *(event(type="password_reset", email=f"{name}@example.com") for name in ("ann", "john")))
    route(execution)
    environment = reader_environment(
        AIRFLOW_HOME=str(tmp_path / "airflow"), AIRFLOW__MESSAGE_CENTER__PROJECT_FOLDER=str(tmp_path)
    )
    databases = {"execution": execution_uri, "control": control_uri}
    return Runner(tmp_path, tmp_path, environment, databases)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page not in {*STACK_PAGES, *FOLLOWED_PAGES} and runnable(page)]
)
def test_the_commands_of_a_page_run(reader: Runner, page: str) -> None:
    reader.run(page)
    assert reader.ran == runnable(page)


def test_the_enrichment_in_sql_is_deployed_and_enriches(execution: Connection) -> None:
    (source,) = (block.text for block in blocks(TEMPLATES) if block.title == "include/sql/enrichment/welcome.sql")
    execution.execute("create schema loyalty")
    execution.execute("create table loyalty.points (customer text primary key, points integer)")
    execution.execute("insert into loyalty.points values ('ann', 120)")
    deploy_template(execution, "welcome", enrichment={"kind": "sql", "source": source})
    push(execution, event(type="welcome", ctx={"customer": "ann"}))
    route(execution)
    route(execution)
    assert execution.execute("select status, ctx from message_center.event").fetchall() == [
        ("Pending delivery", {"customer": "ann", "points": 120})
    ]


async def test_the_enrichment_in_python_enriches(reader: Runner, execution: Connection) -> None:
    reader.run(TEMPLATES)
    spec = importlib.util.spec_from_file_location("shop_enrichment", reader.folder / "shop" / "enrichment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    deploy_template(execution, "welcome", enrichment={"kind": "python", "source": "shop.enrichment:add_points"})
    (id_,) = push(execution, event(type="welcome", ctx={"customer": "ann"}))
    route(execution)
    route(execution)
    async with await psycopg.AsyncConnection.connect(reader.databases["execution"], autocommit=True) as connection:
        assert await Enrichment("welcome", module.add_points).step(connection)
    row = execution.execute("select ctx from message_center.event where id = %s", [id_]).fetchone()
    assert row == (json.loads('{"customer": "ann", "points": 1}'),)
