"""
One fault of each kind under a light load, as ``make faults SMOKE=1`` inflicts them.

A recovery may take longer beside other tests than is promised: how fast it is, is measured where nothing else runs.
"""

from __future__ import annotations

import pytest
from rich.console import Console

from faults import report
from faults.catalogue import FAULTS, ONE_OF_EACH_KIND
from faults.harness import Result, run
from faults.system import LIGHT
from support.stack import Running
from support.waiting import PATIENCE


@pytest.fixture(scope="module")
def results(stack_to_use_up: Running) -> dict[str, Result]:
    """What came of each fault, once all have been inflicted."""
    faults = [fault for fault in FAULTS if fault.name in ONE_OF_EACH_KIND]
    results = run(faults, LIGHT, stack_to_use_up, print)
    report.show(results, Console(width=140), "One fault of each kind")
    return {result.fault.name: result for result in results}


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_nothing_is_lost_and_it_recovers(results: dict[str, Result], name: str) -> None:
    result = results[name]
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.is_kept(slack=PATIENCE), report.record(result)
