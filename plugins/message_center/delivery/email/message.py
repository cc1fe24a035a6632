"""An e-mail in its envelope."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True)
class Email:
    """
    A message on its way.

    :param event_id: the event that it is of.
    :param content: filled, with all its headers.
    :param sender: the address of the envelope that bounces go to.
    :param recipient: the address that it goes to.
    """

    event_id: int
    content: EmailMessage
    sender: str
    recipient: str
