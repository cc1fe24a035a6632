"""The commands of the pages that are about the running stack run on it, and show what the pages say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from message_center.accounts.registry import REGISTRY_VARIABLE
from message_center.local.places import CONTROL_DATABASE
from message_center.local.postgres import administrator
from support.pages import STACK_PAGES, Runner, reader_environment, runnable
from support.process import REPOSITORY
from support.stack import Running, environment, until

# The account that docs/accounts.md makes and deletes.
ACCOUNT = "shop"


@pytest.fixture
def reader(working: Running) -> Runner:
    places, ports = working.places, working.ports
    superuser = f"postgresql://postgres:{places.secrets['postgres:postgres']}@127.0.0.1:{ports.postgres}/postgres"
    databases = {
        "execution": places.uri("mcExec1", ports),
        "control": places.uri(CONTROL_DATABASE, ports),
        "server": superuser,
    }
    return Runner(REPOSITORY, reader_environment(**environment(places.state, ports)), databases)


@pytest.fixture
def tidied(working: Running, tmp_path: Path) -> Iterator[Path]:
    """A folder for what pages write; the account that they make is gone afterwards, however far its page came."""
    yield tmp_path
    name = sql.Identifier(ACCOUNT)
    with working.airflow() as airflow:
        airflow.delete_connection(ACCOUNT)
        variable = f"variables/{REGISTRY_VARIABLE}"
        until("the account gone", lambda: f'"{ACCOUNT}"' not in airflow.request("GET", variable).json()["value"], 60)
    with administrator(working.places, working.ports) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("drop role if exists {}").format(name))


@pytest.mark.parametrize("page", STACK_PAGES)
def test_the_commands_of_a_page_run(reader: Runner, tidied: Path, page: str) -> None:
    reader.run(page)
    assert reader.ran == runnable(page)
