"""A notifier for whatever takes JSON: chat, on-call services, a script of one's own."""

from __future__ import annotations

from typing import Any

import httpx
from airflow.sdk import BaseHook, BaseNotifier, Context

PATIENCE_SECONDS = 10.0


class WebhookNotifier(BaseNotifier):
    """
    Post each alert as JSON: ``severity``, ``subject``, ``text``, ``changes``.

    :param http_conn_id: an Airflow connection with the URL as its host, and, where it takes one, a bearer token as its
        password. What is secret in a URL is safe there, and not in the configuration.
    """

    def __init__(self, http_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.http_conn_id = http_conn_id

    def notify(self, context: Context) -> None:
        """
        Post it.

        :raises httpx.HTTPError: if it is not taken.
        """
        connection = BaseHook.get_connection(self.http_conn_id)
        host = connection.host or ""
        url = host if "://" in host else f"{connection.schema or 'https'}://{host}"
        headers = {"Authorization": f"Bearer {connection.password}"} if connection.password else {}
        alert = context["alert"]  # type: ignore[typeddict-item]
        httpx.post(url, json=alert.as_json(), headers=headers, timeout=PATIENCE_SECONDS).raise_for_status()
