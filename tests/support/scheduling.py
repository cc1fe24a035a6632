"""Which of several workers of pytest-xdist gets which test."""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

END_TO_END = PurePosixPath("tests/e2e")


class ByStack(LoadScopeScheduling):  # type: ignore[misc]
    """
    The end-to-end tests of one folder go to one worker, in their order: they share a stack. The others go anywhere.

    The largest groups begin first. So the other tests use the processors while the stacks wait for their windows.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder = PurePosixPath(nodeid.partition("::")[0]).parent
        return str(folder) if END_TO_END in (folder, *folder.parents) else nodeid
