"""One fault of each kind, under a light load: nothing is lost, and the promises are kept."""

from __future__ import annotations

import pytest

from faults.catalogue import FAULTS
from faults.harness import Result, run
from faults.system import Settings

LIGHT = Settings(rate=50, hold_seconds=4, outage_seconds=5)
ONE_OF_EACH_KIND = (
    "kill-triggerer",
    "crash-execution",
    "cut-network",
    "hold-lock",
    "fill-control-disk",
    "restore-dump",
    "move-clock",
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """What came of the faults, all on one stack."""
    chosen = [fault for fault in FAULTS if fault.name in ONE_OF_EACH_KIND]
    return {result.fault.name: result for result in run(chosen, LIGHT, print)}


def test_there_is_one_of_each_kind() -> None:
    named = {fault.name: fault.kind for fault in FAULTS}
    assert sorted(named[name] for name in ONE_OF_EACH_KIND) == sorted({*named.values()} - {"none"})


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_promises_are_kept(results: dict[str, Result], name: str) -> None:
    result = results[name]
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.account.pushed > 0
    assert result.remarks == []
    assert (result.account.lost, result.account.stray) == (0, 0)
    assert result.account.doubled <= result.fault.doubled
    assert result.recovery is not None
    assert result.recovery <= result.fault.promised
