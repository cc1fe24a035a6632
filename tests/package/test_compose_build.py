"""What docker-compose.yaml copies into its image is enough to install the package from."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from support.environments import installing, new_environment
from support.process import REPOSITORY

pytestmark = pytest.mark.package

LOOK = """
from message_center.project import DAGS_FOLDER, project_folder
from message_center.sql import statement
assert statement("execution/route_events")
print(DAGS_FOLDER, project_folder())
"""


def test_the_image_has_what_its_install_needs(tmp_path: Path) -> None:
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yaml").read_text(encoding="utf-8"))
    dockerfile = compose["x-airflow-common"]["build"]["dockerfile_inline"]
    repository = tmp_path / "repo"
    for line in dockerfile.splitlines():
        if line.startswith("COPY"):
            *sources, target = line.split()[2:]
            for source in sources:
                _copy(REPOSITORY / source, repository / target / (source if target.endswith("/") else ""))
    python = new_environment(tmp_path / "venv")
    subprocess.run([*installing(python), "typing-extensions"], check=True)
    subprocess.run([*installing(python), "--no-deps", "--editable", repository], check=True)
    told = subprocess.check_output([python, "-I", "-c", LOOK], cwd=tmp_path, text=True)
    assert told.split() == [str(repository / "dags"), str(repository)]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
