"""
Names that the pages have already and the schema gets with its present-state files.

To be deleted with all that uses it once `include/sql/execution/schema` is there; a test says when.
"""

from __future__ import annotations

import re

from support.process import REPOSITORY

SCHEMA = "include/sql/execution/schema"
HAS_COME = (REPOSITORY / SCHEMA).is_dir()

NAMES = {
    "max_tries": "greatest_number_of_tries",
    "max_delivery_tries": "greatest_number_of_delivery_tries",
    "max_ctx_bytes": "greatest_ctx_bytes",
    "max_ctx_depth": "greatest_ctx_depth",
    "heartbeat_at": "beat_at",
}


def as_of_now(text: str) -> str:
    """Return a statement of a page with the names that the schema has now."""
    if HAS_COME:
        return text
    return re.sub(r"\w+", lambda word: NAMES.get(word[0], word[0]), text)


def exists(path: str) -> bool:
    """Whether a path that a page names is there, or is to come."""
    return (path.startswith(SCHEMA) and not HAS_COME) or (REPOSITORY / path).exists()
