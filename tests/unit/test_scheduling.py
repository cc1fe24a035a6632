"""Which of several workers gets which test."""

from __future__ import annotations

import pytest

from support.process import REPOSITORY
from support.scheduling import TOGETHER, group_of, place_of


def test_what_goes_together_is_there() -> None:
    """A folder that got another name would start a stack for each of its tests."""
    assert [str(folder) for folder in TOGETHER if not list((REPOSITORY / folder).glob("test_*.py"))] == []


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/e2e/test_stack.py::test_one", "tests/e2e"),
        ("tests/e2e/newcomer/test_demo.py::test_one[a/b]", "tests/e2e/newcomer"),
        ("tests/e2e/new/test_one.py::test_one", "tests/e2e/new"),
        ("tests/sql/test_acts.py::test_one[tests/e2e/x]", "tests/sql/test_acts.py::test_one[tests/e2e/x]"),
    ],
)
def test_a_folder_in_or_below_these_goes_to_one_worker(nodeid: str, group: str) -> None:
    assert group_of(nodeid) == group


def test_they_begin_in_the_order_given_and_before_all_others() -> None:
    nodeids = [f"{folder}/test_one.py::test_one" for folder in (*TOGETHER, "tests/sql", "tests/airflow")]
    places = list(map(place_of, nodeids))
    assert places == sorted(places)
    assert len(set(places)) == len(TOGETHER) + 1
