"""What goes wrong with the rendering of one message."""

from __future__ import annotations


class RenderingError(ValueError):
    """One event cannot become a message; the text names template and variable, never the event's data."""
