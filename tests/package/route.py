"""One window of the rt queue, in the trigger that Airflow runs, by the installed package; prints what it did."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta, timezone

from airflow.triggers.base import TaskSuccessEvent

from message_center.queues.trigger import WindowTrigger
from message_center.workflows import RT_EVENTS_PROCESSING


async def window(account: str, seconds: float) -> object:
    """Return what the window's task would return."""
    end = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    async for event in WindowTrigger(account, RT_EVENTS_PROCESSING.name, end.isoformat()).run():
        assert isinstance(event, TaskSuccessEvent), event
        assert event.xcoms
        return event.xcoms["return_value"]
    raise AssertionError("the window ended without a word")


print(json.dumps(asyncio.run(window(sys.argv[1], float(sys.argv[2])))))
