"""What goes wrong with a delivery, told apart by whom it concerns."""

from __future__ import annotations


class DeliveryError(RuntimeError):
    """A window could not do its work; the text names the account, the thing and the remedy."""


class ServerError(RuntimeError):
    """The channel's server is the trouble, not the address: the event can be sent later, unchanged."""
