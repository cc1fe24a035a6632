"""Folders for what the tests' databases keep while they run."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30


@contextmanager
def new_folder() -> Iterator[Path]:
    """
    A folder that goes away again.

    Not below pytest's own, which only root may enter and which the next run of pytest tidies away.
    """
    with tempfile.TemporaryDirectory(prefix="message-center-", dir=memory()) as folder:
        yield Path(folder)


def memory() -> Path | None:
    """
    Return a folder in memory if there is room in it, and ``TMPDIR`` doesn't say otherwise.

    Tests make and drop databases by the hundred, and a disk takes a hundred times as long for one.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    return MEMORY
