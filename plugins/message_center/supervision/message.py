"""One message for what belongs together: all changes of one look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from message_center.supervision.changes import LEVELS, Change

MOST_ACCOUNTS = 3  # that a subject names


@dataclass(frozen=True)
class Alert:
    """
    What notifiers get, as ``alert`` of the context that their templated fields see.

    :param changes: the worst first.
    """

    changes: Sequence[Change]

    @property
    def severity(self) -> str:
        """The worst of its changes."""
        return max((change.severity for change in self.changes), key=LEVELS.index)

    @property
    def subject(self) -> str:
        """A line that says how much of what, and of which accounts."""
        counts = Counter(change.level for change in self.changes)
        told = [
            f"{counts[level]} {word if counts[level] == 1 else words}"
            for level, word, words in (
                ("alert", "alert", "alerts"),
                ("warning", "warning", "warnings"),
                ("ok", "back to normal", "back to normal"),
            )
            if counts[level]
        ]
        accounts = sorted({change.account for change in self.changes if change.account})
        named = ", ".join(accounts[:MOST_ACCOUNTS]) + (" …" if len(accounts) > MOST_ACCOUNTS else "")
        return f"Message Center: {', '.join(told)}" + (f" ({named})" if named else "")

    @property
    def text(self) -> str:
        """A line for each change."""
        return "\n".join(f"{change.level.upper()}  {change.sentence()}" for change in self.changes)

    @property
    def html(self) -> str:
        """The same as a list."""
        items = "".join(
            f"<li><b>{escape(change.level.upper())}</b> {escape(change.sentence())}</li>" for change in self.changes
        )
        return f"<ul>{items}</ul>"

    def as_json(self) -> dict[str, Any]:
        """Return it as webhooks take it."""
        return {
            "severity": self.severity,
            "subject": self.subject,
            "text": self.text,
            "changes": [change.as_json() for change in self.changes],
        }
