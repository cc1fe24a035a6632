"""Errors in words."""

from __future__ import annotations

import re

# Control characters, and halves of surrogate pairs: what no database holds and no terminal should get.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(told: object) -> str:
    """Return an error, or a text, as one line that a log and a database can hold."""
    return " ".join(_UNFIT.sub(" ", str(told)).split())
