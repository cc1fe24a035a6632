"""The instances: one row for each account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from message_center.page.overview import overview
from message_center.page.side_by_side import PATIENCE_SECONDS

router = APIRouter(prefix="/instances")


@router.get("")
def instances(seconds: Annotated[float, Query(ge=0, le=10)] = PATIENCE_SECONDS) -> dict[str, Any]:
    """Return what every instance says of itself; ``seconds`` is how long they are waited for."""
    return overview(seconds)
