"""
What the delivery engine needs of a channel: the seam at which one is added.

The folder ``email`` beside this file is the sender of e-mails. A sender for another channel is a folder of its own: a
:class:`Sender`, and the operator that makes it, a subclass of
:class:`~message_center.delivery.operator.DeliveryWindowOperator`.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from message_center.delivery.outcomes import Outcome
from message_center.delivery.throttle import Limits
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate

Message = TypeVar("Message")
AnyMessage = TypeVar("AnyMessage", contravariant=True)


class Session(Protocol[AnyMessage]):
    """A connection to the channel's server, kept from one message to the next."""

    @property
    def is_open(self) -> bool:
        """Whether it still stands: servers close sessions that idle."""

    async def send(self, message: AnyMessage) -> Outcome:
        """
        Send one message, and return what became of it.

        :raises SessionEndedError: if the session has ended and the message was not taken; it is sent over another.
        :raises ThrottledError: if the server takes no more for now; it is sent again when all go slower.
        :raises SenderRefusedError: if the server refuses the message's sender.
        :raises ServerError: if the server is the trouble otherwise; nothing is known to be wrong with the address.
        """

    async def close(self) -> None:
        """Leave politely if the server still listens."""


class Sender(Protocol[Message]):
    """How the messages of a channel are made, and how they go out."""

    @property
    def channel(self) -> int:
        """The channel's code: the engine claims its events."""

    @property
    def server(self) -> str:
        """What errors call the server, and where to correct it, e.g. ``SMTP connection smtp_default``."""

    @property
    def limits(self) -> Limits:
        """What the server may be given at most."""

    def group(self, event: ClaimedEvent) -> str:
        """Return the group of recipients that an event's address is of, for the limits: an e-mail's domain."""

    def render(self, template: DeployedTemplate, event: ClaimedEvent) -> Message:
        """
        Make the message of an event.

        :raises RenderingError: if the event or the template does not make one: that event fails, and no other.
        """

    async def open_session(self) -> Session[Message]:
        """
        Open a session.

        :raises ThrottledError: if the server takes no more sessions for now.
        :raises ServerError: if the server does not answer or refuses.
        """
