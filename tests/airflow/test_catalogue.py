"""The catalogue of the DAGs says what the DAGs are."""

from __future__ import annotations

import pytest

from scripts.dag_catalogue import CATALOGUE, EXAMPLE_ENVIRONMENT, catalogue


def test_the_catalogue_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in EXAMPLE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert CATALOGUE.read_text(encoding="utf-8") == catalogue(), "run `make docs` and commit docs/dags.md"
