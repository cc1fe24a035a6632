"""
What our page adds to Airflow: an entry in its menu, a strip on its home page, and the app that answers both.

Every component of Airflow imports this: nothing here may take time, and the app is made where it is asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

URL_PREFIX = "/message-center"
# Without a slash at the beginning: below whatever path Airflow itself is served.
STATIC = "message-center/static"


REACT_APPS: list[Any] = [
    {
        "name": "Messages",
        "bundle_url": f"{STATIC}/page.js",
        "url_route": "message-center",
        "destination": "nav",
        "nav_top_level": True,
        "icon": f"{STATIC}/icon.svg",
        "icon_dark_mode": f"{STATIC}/icon_dark.svg",
    },
    {
        "name": "Message Center health",
        "bundle_url": f"{STATIC}/strip.js",
        "url_route": "message-center-health",
        "destination": "dashboard",
    },
]


class MessageCenterPlugin(AirflowPlugin):
    """The page, registered by the entry point ``airflow.plugins``."""

    name = "message_center"
    react_apps = REACT_APPS

    @cached_property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]
        """Return the app, which only the API server asks for."""
        from message_center.page.app import create_app

        return [{"app": create_app(), "url_prefix": URL_PREFIX, "name": "Message Center"}]

    @cached_property
    def fastapi_root_middlewares(self) -> list[Any]:  # type: ignore[override]
        """Return what keeps addresses of people out of the query of Airflow's sign-in."""
        from message_center.page.arrival import Arrival

        return [{"middleware": Arrival, "args": [], "kwargs": {}, "name": "Message Center's arrival"}]
