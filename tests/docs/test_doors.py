"""
docs/doors.md, docs/rest.md, docs/campaign.md, docs/soap.md: each call, through doors that run as an operator runs them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.door_process import door_process
from support.doors import door_login
from support.pages import Runner, reader_environment, runnable

Connection = psycopg.Connection[Any]
DOOR_PAGES = ["docs/doors.md", "docs/rest.md", "docs/campaign.md", "docs/soap.md"]


@pytest.fixture
def reader(execution: Connection, execution_uri: str, tmp_path: Path) -> Iterator[Runner]:
    """A reader who has done what the pages begin with: started the doors, and told the shell where they are."""
    with door_login(execution) as uri, door_process({"mcExec1": uri}) as door:
        environment = reader_environment(
            MESSAGE_CENTER_INTAKE_URL=door.url, MESSAGE_CENTER_EXECUTION_URI_mcExec1=execution_uri
        )
        yield Runner(tmp_path, tmp_path, environment, {"execution": execution_uri})


@pytest.mark.parametrize("page", DOOR_PAGES)
def test_the_calls_of_a_page_do_what_it_says(reader: Runner, page: str) -> None:
    reader.run(page)
    assert reader.ran == runnable(page)
