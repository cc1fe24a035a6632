"""What `make` has started sees whether make is there, also below nohup."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.process import inherited_environment

LOOK = "import os; from message_center.local.cli import parent_has_gone; print(parent_has_gone(os.getppid()))"


@pytest.mark.parametrize("wrapper", [[], ["nohup"]])
def test_a_make_that_waits_has_not_gone(tmp_path: Path, wrapper: list[str]) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"look:\n\t@exec {sys.executable} -c '{LOOK}'\n")
    command = [*wrapper, "make", "-f", str(makefile)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=inherited_environment())
    assert done.stdout.split() == ["False"]
