"""The instances: one row for each account, and what one of them is doing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from message_center.page.curves import Length, curves
from message_center.page.databases import Execution, accounts
from message_center.page.deliveries import recent_deliveries
from message_center.page.overview import overview
from message_center.page.side_by_side import PATIENCE_SECONDS

router = APIRouter()

Seconds = Annotated[float, Query(ge=0, le=10, description="How long instances are waited for.")]


@router.get("/accounts")
def account_names() -> list[str]:
    """Return the names of all accounts, for choices: no database is asked."""
    return sorted(accounts())


@router.get("/instances")
def instances(seconds: Seconds = PATIENCE_SECONDS) -> dict[str, Any]:
    """Return what every instance says of itself."""
    return overview(seconds)


@router.get("/instances/{account}")
def instance(account: str, seconds: Seconds = 5) -> dict[str, Any]:
    """Return the same of one instance."""
    return overview(seconds, account)


@router.get("/instances/{account}/deliveries")
def deliveries(execution: Execution) -> dict[str, Any]:
    """Return what it has delivered lately."""
    return recent_deliveries(execution)


@router.get("/instances/{account}/curves")
def instance_curves(execution: Execution, length: Length = "24h") -> dict[str, Any]:
    """Return what it did over a period that ends now."""
    return curves(execution, length)
