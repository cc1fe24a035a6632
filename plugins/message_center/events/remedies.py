"""What to do about a reason: the words of routing, delivery and mail servers, and the remedy of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from message_center.workflows import EVENT_ENRICHMENT, PUBLISH, STOP_EVENT_TYPE

REPLAY = "then replay this event"

_OF_REASONS: Sequence[tuple[str, str]] = (
    (r"^unknown event type", f"Publish a message template for this event type ({PUBLISH.name}), {REPLAY}."),
    (r"^no published message template", f"Publish one for this type, channel and queue ({PUBLISH.name}), {REPLAY}."),
    (r"is stopped: ", f"When it may go on, resume the event type ({STOP_EVENT_TYPE.name}), {REPLAY}."),
    (r"^cancelled by ", "If that was a mistake, replay this event."),
    (r"^moved to ", "It is processed at that time; move it again, or cancel it."),
    (r"^waits for its enrichment", f"See that {EVENT_ENRICHMENT.name} of the account is unpaused, and its log."),
    (r"enrichment: ", f"Mend the enrichment of the event type and publish again; if this event has ended, {REPLAY}."),
    (r"^given up after \d+ tries", f"Mend what the reason says, {REPLAY}."),
    (r"^given up after the maximum", f"See whether the mail server takes messages again, {REPLAY}."),
    (r"^expired on .*processed", "The queue was late: see its workflow's heartbeat. Replay it if it still matters."),
    (r"^expired on .*delivered", "The delivery was late: see its heartbeat. Replay it if it still matters."),
    (r"^address in quarantine", f"Find out why it is there (page Quarantine); if it is good, release it, {REPLAY}."),
    (r"^erased", "The person was erased: nothing can be sent again."),
    (r"^the event was deleted", "Somebody deleted it while it was sent: nothing to do."),
)
_OF_FAILURES: Mapping[int, str] = {
    1: f"The mailbox does not exist: have the customer's address corrected, release it from quarantine, {REPLAY}.",
    2: f"The domain takes no mail: have the customer's address corrected, release it from quarantine, {REPLAY}.",
    3: f"The server could not be reached or refused us: see whether others fail there too, {REPLAY} later.",
    4: "The mailbox is disabled: reach the customer in another way.",
    5: f"The mailbox is full: {REPLAY.removeprefix('then ')} later.",
    20: f"The message was refused: read the reply; it is about its content or its sender. Mend that, {REPLAY}.",
}


def remedy_for(reason: str | None, failure_reason: int | None = None) -> str | None:
    """Return what to do about the reason of a status; ``None`` where nothing has to be done, or nothing is known."""
    if reason is None:
        return None
    for pattern, remedy in _OF_REASONS:
        if re.search(pattern, reason):
            return remedy
    return _OF_FAILURES.get(failure_reason or 0)


def outlook(failure_reason: int | None) -> str:
    """Return what to think of a try that failed and is repeated: a replay would be one message too many."""
    found = _OF_FAILURES.get(failure_reason or 0, "").partition(":")[0]
    return f"{found}. It is tried again by itself." if found else "It is tried again by itself."
