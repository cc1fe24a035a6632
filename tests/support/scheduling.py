"""Which of several workers of pytest-xdist gets which test."""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

# Whose tests share what takes long to make: a running stack, an environment with the package in it.
TOGETHER = (PurePosixPath("tests/e2e"), PurePosixPath("tests/package"))


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """
    The tests of a folder in one of these go to one worker, in their order; the others go anywhere.

    The largest groups begin first. So the other tests use the processors while the stacks wait for their windows.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = PurePosixPath(nodeid.partition("::")[0]).parent
        return str(folder) if {folder, *folder.parents} & {*TOGETHER} else nodeid
