"""The package as it is released, and an Airflow that does not know it yet."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from support.environments import UV, installing, new_environment
from support.process import REPOSITORY, inherited_environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution, which therefore has to be complete too."""
    folder = tmp_path_factory.mktemp("dist")
    with_what_is_here = ["--no-build-isolation", "--python", sys.executable]
    subprocess.run([UV, "build", "--quiet", *with_what_is_here, "--out-dir", folder, REPOSITORY], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def airflow_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment variables of somebody's Airflow: a Python and a home of its own, nothing of ours."""
    folder = tmp_path_factory.mktemp("airflow")
    python = new_environment(folder / "venv")
    subprocess.run([*installing(python), "apache-airflow"], check=True)
    # What people do with pip, in a second.
    pip = python.with_name("pip")
    pip.write_text(f'#!/bin/sh\ntest "$1" = install && shift && exec {shlex.join(installing(python))} "$@"\n')
    pip.chmod(0o755)
    environment = {name: value for name, value in inherited_environment().items() if not name.startswith("PYTHON")}
    return environment | {
        "AIRFLOW_HOME": str(folder / "home"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # However busy the machine is.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
        "PATH": f"{python.parent}:{environment['PATH']}",
    }
