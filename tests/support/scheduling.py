"""Which of several workers of pytest-xdist gets which test."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Whose tests share what takes long to make: a running stack, a browser in front of Airflow, an environment with the
# package in it. Those first that take longest: they wait more than they work, and all else is done beside them.
TOGETHER = (
    PurePosixPath("tests/e2e/under_load"),
    PurePosixPath("tests/e2e/newcomer"),
    PurePosixPath("tests/e2e"),
    PurePosixPath("tests/page"),
    PurePosixPath("tests/e2e/starts"),
    PurePosixPath("tests/package"),
)


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """
    The tests of a folder in or below these go to one worker, in their order; the others go anywhere.

    They begin in the order in which they were collected: see :func:`sort`.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def sort(items: list[pytest.Item]) -> None:
    """Put the tests that go together first, as workers are to get them."""
    items.sort(key=lambda item: place_of(item.nodeid))


def group_of(nodeid: str) -> str:
    """Return what goes to one worker as a whole: the test's folder, or the test alone."""
    return nodeid if place_of(nodeid) == len(TOGETHER) else str(_folder_of(nodeid))


def place_of(nodeid: str) -> int:
    """Return which of these a test belongs to, or how many there are if it belongs to none."""
    folder = _folder_of(nodeid)
    return next((TOGETHER.index(each) for each in (folder, *folder.parents) if each in TOGETHER), len(TOGETHER))


def _folder_of(nodeid: str) -> PurePosixPath:
    return PurePosixPath(nodeid.partition("::")[0]).parent
