"""What goes wrong with a delivery, told apart by whom it concerns."""

from __future__ import annotations


class DeliveryError(RuntimeError):
    """A window could not do its work; the text names the account, the thing and the remedy."""


class ServerError(RuntimeError):
    """The channel's server is the trouble, not the address: the event can be sent later, unchanged."""


class SessionEndedError(ServerError):
    """The session has ended, and the message was not taken: it can be sent at once, over another."""


class ThrottledError(ServerError):
    """The server takes no more for now: all messages wait a little, and this one is none the worse for it."""


class TooManySessionsError(ThrottledError):
    """The server takes no more sessions, while others are open: this one is not needed."""


class SenderRefusedError(RuntimeError):
    """The server refuses the sender: other messages of the same sender need not be tried now."""
