"""Programs that end well."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
CHILDREN_SECONDS = 90.0
# Of the Airflow that the tests have set up, and of a make that runs them: below one, make says where it is.
OURS_ALONE = ("AIRFLOW", "MAKE", "MFLAGS")


def inherited_environment() -> dict[str, str]:
    """Return the environment that a person at a terminal would have."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS_ALONE)}


def end_once(number: int, _: object) -> NoReturn:
    """
    End at a signal as after an error: what there is written, everything that was started ended.

    Once: ``timeout`` signals the whole process group, and make passes on what it gets.
    """
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def end_with_all(number: int, _: object) -> NoReturn:
    """End at a signal as at Ctrl-C, once all children have ended what they have started."""
    signal.signal(number, signal.SIG_IGN)
    children = psutil.Process().children()
    theirs = [process for child in children for process in child.children()]
    for child in children:
        child.terminate()
    psutil.wait_procs(theirs, timeout=CHILDREN_SECONDS)
    raise KeyboardInterrupt


def left_of(processes: Sequence[psutil.Process], seconds: float) -> list[list[str]]:
    """Return the commands of the processes that haven't ended in time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process.cmdline() for process in alive]
