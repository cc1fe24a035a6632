"""Where a search goes on: for each account the id below which it has not looked yet."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from message_center.events.errors import AskedError

Places = Mapping[str, int | None]
"""By account; ``None``: from its newest event. An account that is not named has no more."""


def to_text(places: Places) -> str | None:
    """Return the places as a text for a link; ``None`` where nothing is left."""
    return urlsafe_b64encode(json.dumps(places, separators=(",", ":")).encode()).decode() if places else None


def from_text(text: str) -> dict[str, int | None]:
    """
    Read the text of :func:`to_text`.

    :raises AskedError: if it is none.
    """
    try:
        places = json.loads(urlsafe_b64decode(text.encode()))
        return {str(account): None if id_ is None else int(id_) for account, id_ in places.items()}
    except (ValueError, AttributeError, TypeError):
        raise AskedError("The place at which the search is to go on is damaged.", "Search again.") from None
