"""The smoke test leaves no kind of fault out."""

from __future__ import annotations

from faults.catalogue import CONTROL, FAULTS, ONE_OF_EACH_KIND


def test_the_smoke_test_has_one_fault_of_each_kind() -> None:
    kind = {fault.name: fault.kind for fault in FAULTS}
    assert sorted(kind[name] for name in ONE_OF_EACH_KIND) == sorted({*kind.values()} - {CONTROL.kind})
