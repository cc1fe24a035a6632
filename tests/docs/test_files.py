"""docs/files.md: its files become events, as the page says. The DAG's run is what a command of the same name does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import psycopg

from support.connections import as_airflow_sees
from support.pages import Runner, reader_environment, runnable
from support.process import REPOSITORY

PAGE = "docs/files.md"


def test_the_files_of_the_page_become_events(
    execution: psycopg.Connection[Any], execution_uri: str, tmp_path: Path
) -> None:
    airflow = tmp_path / "bin" / "airflow"
    airflow.parent.mkdir()
    airflow.write_text(f'#!/bin/sh\nexec {sys.executable} -m support.airflow_import "$@"\n')
    airflow.chmod(0o755)
    environment = reader_environment(
        AIRFLOW_HOME=str(tmp_path / "airflow"),
        AIRFLOW_CONN_MCEXEC1=as_airflow_sees(execution, "message_center_execution"),
        PYTHONPATH=str(REPOSITORY / "tests"),
        LC_ALL="C.UTF-8",
    )
    environment["PATH"] = f"{airflow.parent}{os.pathsep}{environment['PATH']}"
    reader = Runner(tmp_path, tmp_path, environment, {"execution": execution_uri})
    reader.run(PAGE)
    assert reader.ran == runnable(PAGE)
