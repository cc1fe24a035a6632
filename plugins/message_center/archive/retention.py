"""How long things are kept, unless it is set otherwise."""

from __future__ import annotations

RETENTION_DAYS = {
    "events_kept_days": ("events of an execution instance", 30),
    "delivery_logs_kept_days": ("delivery and tracking logs of an execution instance, and acts", 180),
    "archive_kept_days": ("archived events, logs and acts", 360),
}
