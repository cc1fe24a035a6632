"""Virtual environments of a test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.process import REPOSITORY

UV = str(Path(sys.executable).with_name("uv"))


def new_environment(folder: Path) -> Path:
    """Make an empty environment with the Python of the tests; return its own."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    return folder / "bin" / "python"


def installing(python: Path) -> list[str]:
    """Return the command that installs what follows it into an environment, in the versions that we pin."""
    return [UV, "pip", "install", "--quiet", "--python", str(python), "-c", str(REPOSITORY / "requirements.txt")]
