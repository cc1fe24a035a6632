"""Files and folders that only their owner can read, from their first byte, whatever the umask is."""

from __future__ import annotations

import os
from pathlib import Path

UMASK = 0o077


def opener(path: str, flags: int) -> int:
    """Open a private file, for :func:`open`; one that an older version left open to others is closed to them first."""
    number = os.open(path, flags, 0o600)
    os.fchmod(number, 0o600)
    return number


def write(file: Path, text: str) -> None:
    """Write a private file."""
    with open(file, "w", encoding="utf-8", opener=opener) as stream:
        stream.write(text)


def make_folder(folder: Path) -> None:
    """Make a private folder, or make one that is there private."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


def let_through(path: Path) -> None:
    """Let everybody go through the folders above a path, without a look into them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if mode & 0o011 != 0o011:
            folder.chmod(mode | 0o011)
