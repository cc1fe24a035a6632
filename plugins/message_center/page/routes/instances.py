"""The instances: one row for each account, and what one of them is doing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic_core import to_json

from message_center.page.curves import Length, curves
from message_center.page.databases import Execution, accounts
from message_center.page.deliveries import recent_deliveries
from message_center.page.overview import overview

router = APIRouter()

Seconds = Annotated[float | None, Query(ge=0, le=10, description="How long instances are waited for.")]


@router.get("/accounts")
def account_names() -> list[str]:
    """Return the names of all accounts, for choices: no database is asked."""
    return sorted(accounts())


@router.get("/instances")
def instances(seconds: Seconds = None) -> Response:
    """Return what every instance says of itself; within a second, where nobody says how long they are waited for."""
    return _as_json(overview(seconds))


@router.get("/instances/{account}")
def instance(account: str, seconds: Seconds = 5) -> Response:
    """Return the same of one instance."""
    return _as_json(overview(seconds, account))


@router.get("/instances/{account}/deliveries")
def deliveries(execution: Execution) -> dict[str, Any]:
    """Return what it has delivered lately."""
    return recent_deliveries(execution)


@router.get("/instances/{account}/curves")
def instance_curves(execution: Execution, length: Length = "24h") -> dict[str, Any]:
    """Return what it did over a period that ends now."""
    return curves(execution, length)


def _as_json(answer: dict[str, Any]) -> Response:
    # As it is: FastAPI would look at each value of a hundred instances twice.
    return Response(to_json(answer, inf_nan_mode="null"), media_type="application/json")
