"""A small disk, in memory, whose size can be changed."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

from message_center.local.postgres import system_user

SIZE = "8g"  # memory is taken for what is in it, not for this


def mount(folder: Path, resources: ExitStack) -> str:
    """Mount a disk that belongs to PostgreSQL's user; return why that is impossible, nothing if it worked."""
    if os.geteuid() != 0:
        return "only root can mount a small disk"
    folder.mkdir()
    owner = f"uid={system_user()},gid={system_user()},mode=700"
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},{owner}", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        resources.callback(subprocess.run, ["umount", str(folder)], check=True)
        return ""
    return f"a small disk can't be mounted here: {done.stderr.strip()}"


def resize(folder: Path, size: int | str = SIZE) -> None:
    """Change the size of the disk, in bytes."""
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)
