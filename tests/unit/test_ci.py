"""The public host runs the parts of .ci/run, and what git runs before a commit is what `make check` runs."""

from __future__ import annotations

import re
from typing import Any

import yaml

from support.process import REPOSITORY


def read(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_the_public_host_runs_the_parts_of_ci() -> None:
    parts = re.findall(r"^make (.+)$", (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert read(".github/workflows/ci.yaml")["jobs"]["part"]["strategy"]["matrix"]["part"] == parts


def test_the_public_host_checks_every_python_that_is_supported() -> None:
    classifiers = re.findall(r"Python :: (3\.\d+)", (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert read(".github/workflows/ci.yaml")["jobs"]["check"]["strategy"]["matrix"]["python"] == classifiers


def test_git_runs_the_tools_of_make_check() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    (repository,) = read(".pre-commit-config.yaml")["repos"]
    for hook in repository["hooks"]:
        tool = hook["entry"].removeprefix(".venv/bin/").split(" --")[0]
        assert f"$(BIN)/{tool}" in makefile
