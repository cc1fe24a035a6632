"""The sample events of ``include/samples``, made ready for one run of the demo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from message_center.local.sink import BUSY_DOMAIN, REFUSED_DOMAIN
from message_center.project import project_folder

FILE = project_folder() / "include" / "samples" / "events.jsonl"
REFUSED = "refused"


@dataclass(frozen=True)
class Sample:
    """
    One event and where it should end.

    :param expected: the status, or ``refused`` if intake should not take it.
    :param in_quarantine: whether its address is to be put in quarantine beforehand.
    """

    account: str
    queue: str
    expected: str
    event: dict[str, Any]
    in_quarantine: bool


def samples(run: str, now: datetime, file: Path = FILE) -> Iterator[Sample]:
    """
    Yield the samples of one run.

    :param run: starts each external id, so that the events of several runs can be told apart.
    :param now: what "scheduled in" and "expires in" count from.
    """
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Sample(
                row["account"],
                row["queue"],
                row["expected"],
                _event(row, run, now),
                row.get("in_quarantine", False),
            )


def _event(row: dict[str, Any], run: str, now: datetime) -> dict[str, Any]:
    event: dict[str, Any] = {**row["event"], "external_id": f"{run}-{row['event']['external_id']}"}
    for name, seconds in (("scheduled", row.get("scheduled_in")), ("expiration", row.get("expires_in"))):
        if seconds is not None:
            event[name] = (now + timedelta(seconds=seconds)).isoformat()
    local, _, domain = event["email"].rpartition("@")
    if domain in (REFUSED_DOMAIN, BUSY_DOMAIN):
        # What an earlier run learnt about an address must not change what becomes of it in this one.
        event["email"] = f"{local}+{run}@{domain}"
    return event
