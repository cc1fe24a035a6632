"""The statuses of an event, in the order of the database's own enum."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal[
    "Pending",
    "Pending delivery",
    "Sent",
    "Ignored by the delivery",
    "Delivery failed",
    "Event not taken into account",
    "Expired",
]
STATUSES: tuple[Status, ...] = get_args(Status)
