"""What is archived: nine streams, in the order in which a reader of the archive needs them."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import LiteralString


@dataclass(frozen=True)
class Stream:
    """One table of an execution instance on its way into the archive; a task of its own."""

    name: str
    """The task id, and the stream's name in ``message_center.archive_watermark``."""
    table: str
    """The table's name, the same on both sides."""
    after: str | None = None
    """The stream whose rows these ones refer to."""
    then: LiteralString | None = None
    """The statement on control that follows a pass."""
    note: LiteralString | None = None
    """The statement on control that is part of the transaction of each chunk, while it is in ``archive_incoming``."""


EVENTS = Stream("archive_events", "event", note="control/archive_note_event_blocks")
DELIVERY_LOG_MESSAGES = Stream("archive_delivery_log_messages", "delivery_log_message")
DELIVERY_LOGS = Stream(
    "archive_delivery_logs",
    "delivery_log",
    after="archive_delivery_log_messages",
    note="control/archive_note_log_blocks",
)
TRACKING_URLS = Stream("archive_tracking_urls", "tracking_url")
TRACKING_LOGS = Stream("archive_tracking_logs", "tracking_log", after="archive_tracking_urls")
QUARANTINE = Stream("archive_quarantine", "quarantine")
STATISTICS = Stream("archive_statistics", "statistic", then="control/roll_up_statistics")

ACTS = Stream("archive_acts", "operator_act")
ACT_EVENTS = Stream("archive_act_events", "operator_act_event", after="archive_acts")

STREAMS = (
    EVENTS,
    DELIVERY_LOG_MESSAGES,
    DELIVERY_LOGS,
    TRACKING_URLS,
    TRACKING_LOGS,
    QUARANTINE,
    STATISTICS,
    ACTS,
    ACT_EVENTS,
)
