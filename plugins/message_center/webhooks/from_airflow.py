"""What Airflow says of an account's webhooks: the registry names them, their connections have the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from airflow.sdk import BaseHook
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.registry import read_registry
from message_center.accounts.webhook import HTTP_OPTION, MESSAGES_KEPT_DAYS, PATIENCE_DAYS, Webhook, WebhookError

if TYPE_CHECKING:
    from airflow.sdk import Connection

log = structlog.get_logger(__name__)


def load_webhooks(account: str) -> list[Webhook]:
    """
    Return the webhooks of an account; one that cannot be told is left out, with a line in the log.

    :raises LookupError: if Airflow doesn't answer: it says of what it cannot reach that it is not there.
    """
    names = next((each.webhooks for each in read_registry().accounts if each.account == account), None)
    if names is None:
        raise LookupError(f"the registry has no account {account!r}")
    found = []
    for name in names:
        try:
            found.append(webhook_of(BaseHook.get_connection(name)))
        except AirflowNotFoundException as error:
            raise LookupError(f"there is no connection {name!r}, which the registry has") from error
        except WebhookError as error:
            log.warning("A webhook is told nothing", webhook=name, error=str(error))
    return found


def webhook_of(connection: Connection) -> Webhook:
    """
    Read a webhook from its connection.

    :raises WebhookError: if it cannot be told.
    """
    is_http_allowed = conf.getboolean(*HTTP_OPTION, fallback=False)
    name, extra = connection.conn_id, connection.extra_dejson
    return Webhook.from_connection(name, connection.host, connection.password, extra, is_http_allowed)


def patience() -> timedelta:
    """Return after how long a failing webhook is disabled."""
    return timedelta(days=conf.getint("message_center", "webhook_patience_days", fallback=PATIENCE_DAYS))


def kept() -> timedelta:
    """Return for how long it is remembered what a webhook was told."""
    return timedelta(days=conf.getint("message_center", "webhook_messages_kept_days", fallback=MESSAGES_KEPT_DAYS))
