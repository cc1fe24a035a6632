"""Dry runs are named as such in whatever they say: what would be done must not read like what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Params = Mapping[str, Any]


def is_dry(params: Params) -> bool:
    """Whether a DAG run is to keep nothing."""
    return bool(params.get("dry_run"))


def result(params: Params, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a task: what it has found, after ``dry_run`` in a dry run."""
    return {"dry_run": True, **found} if is_dry(params) else dict(found)


def sentence(params: Params, text: str) -> str:
    """Return what a task says in its log."""
    return f"Dry run, nothing is kept: {text}" if is_dry(params) else text
