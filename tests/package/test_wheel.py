"""The wheel has all that the code reads, and nothing of the user's."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from message_center import __version__
from support.process import REPOSITORY

pytestmark = pytest.mark.package


def files(folder: str, pattern: str) -> set[str]:
    """Return the files below a folder of the repository, by their paths in it."""
    below = REPOSITORY / folder
    return {str(file.relative_to(below)) for file in below.rglob(pattern) if file.is_file()}


@pytest.fixture(scope="module")
def content(wheel: Path) -> set[str]:
    """The files of the wheel."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def below(content: set[str], folder: str, ending: str) -> set[str]:
    """Return the files of the wheel below a folder, by their paths in it."""
    return {name.removeprefix(folder) for name in content if name.startswith(folder) and name.endswith(ending)}


def test_the_sql_is_there_but_not_the_users(content: set[str]) -> None:
    ours = {name for name in files("include/sql", "*.sql") if not name.startswith("enrichment/")}
    assert below(content, "message_center/sql/", ".sql") == ours


def test_the_dag_files_are_there_with_their_pages(content: set[str]) -> None:
    assert below(content, "message_center/dags/", "") == files("dags", "*.py")
    assert below(content, "message_center/docs/", "") == files("plugins/message_center/docs", "*.md")


def test_the_page_is_there_with_its_files(content: set[str]) -> None:
    assert below(content, "message_center/page/static/", "") == files("plugins/message_center/page/static", "*")


def test_the_whole_package_is_there_with_its_types(content: set[str]) -> None:
    modules = {name for name in below(content, "message_center/", ".py") if not name.startswith("dags/")}
    assert modules == files("plugins/message_center", "*.py")
    assert "message_center/py.typed" in content


def test_the_version_and_the_license_go_with_it(wheel: Path, content: set[str]) -> None:
    information = f"message_center_airflow-{__version__}.dist-info"
    assert wheel.name.startswith(f"message_center_airflow-{__version__}-")
    assert f"{information}/licenses/LICENSE" in content
    assert {name.split("/")[0] for name in content} == {"message_center", information}
