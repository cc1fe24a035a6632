"""Tests that are ended in mid-work leave no stack behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from support.process import REPOSITORY, left_of
from support.stack import state_folder
from support.waiting import until

TESTS = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "tests/e2e/test_bad_accounts.py"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["TERM", "KILL"])
def test_their_stack_ends_with_them(number: signal.Signals) -> None:
    with state_folder() as state:
        environment = {**os.environ, "TMPDIR": str(state.parent)}
        tests = subprocess.Popen(TESTS, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)
        process = psutil.Process(tests.pid)

        try:
            begun = until("their stack starting", lambda: started_by(process), 360)
        finally:
            tests.send_signal(number)
            tests.wait(180)
        assert not left_of(begun, 60)
        assert number == signal.SIGKILL or not list(state.parent.glob("message-center-*"))


def started_by(tests: psutil.Process) -> list[psutil.Process]:
    """Return all that they have started, once the last component of a stack is among it."""
    found = tests.children(recursive=True)
    with suppress(psutil.NoSuchProcess):
        if any("triggerer" in process.cmdline() for process in found):
            return found
    return []
