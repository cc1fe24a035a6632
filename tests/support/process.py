"""Programs that end well."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"


def end_once(number: int, _: object) -> NoReturn:
    """
    End at a signal as after an error: what there is written, everything that was started ended.

    Once: ``timeout`` signals the whole process group, and make passes on what it gets.
    """
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def left_of(processes: Sequence[psutil.Process], seconds: float) -> list[list[str]]:
    """Return the commands of the processes that haven't ended in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process.cmdline() for process in alive]
