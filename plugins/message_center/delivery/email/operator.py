"""The operator of the e-mail windows."""

from __future__ import annotations

from typing import Any

from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.operator import DeliveryWindowOperator


class EmailWindowOperator(DeliveryWindowOperator):
    """
    Deliver an account's e-mails until the window's end.

    :param smtp_conn_id: the Airflow SMTP connection.
    """

    def __init__(self, *, smtp_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smtp_conn_id = smtp_conn_id

    def sender(self) -> EmailSender:
        """Return the sender of e-mails through the SMTP connection."""
        return EmailSender(MailHook(self.smtp_conn_id).load())
