"""What the demo makes of what its webhooks were told."""

from __future__ import annotations

from typing import Any

import pytest

from message_center.local.receiver import REFUSED
from message_center.local.tally import Tally, told_in_words


def message(event_id: int, status: str) -> dict[str, Any]:
    return {"type": "…", "data": {"id": str(event_id), "status": status}}


def tally(*messages: dict[str, Any]) -> Tally:
    """Return that of two events, where all is well but for what was told."""
    made = Tally("mcExec1", "demo", [], expected={1: "Expired", 2: "Expired"})
    made.queue, made.archive = dict(made.expected), dict(made.expected)
    made.read_told([message(3, "Sent"), {"type": "webhook.test", "data": {}}, {REFUSED: "…"}, *messages])
    return made


def test_the_last_status_told_counts() -> None:
    well = tally(message(1, "Pending"), message(2, "Expired"), message(1, "Expired"))
    assert well.is_told()
    assert well.check() == []
    said = "2 events were told to webhooks in 3 messages: each signature held, each one's last status is the event's."
    assert told_in_words([well], 0) == said


@pytest.mark.parametrize(
    ("messages", "is_told", "last"),
    [
        ([message(1, "Expired"), message(2, "Expired"), message(2, "Pending")], False, "Pending"),
        ([message(1, "Expired")], False, "missing"),
        ([message(1, "Expired"), message(2, "Sent")], True, "Sent"),
    ],
)
def test_another_one_is_a_problem(messages: list[dict[str, Any]], is_told: bool, last: str) -> None:
    wrong = tally(*messages)
    assert wrong.is_told() == is_told
    assert ("is not the event's" in told_in_words([wrong], 0)) == (last != "missing")
    assert wrong.check() == [f'mcExec1: event 2 is "Expired", told to the webhook "{last}"']


def test_a_signature_that_does_not_hold_is_told() -> None:
    assert "signatures that did not hold: 1," in told_in_words([tally()], 1)
