"""What Airflow loads of the page: little in every component, nothing while DAG files are parsed."""

from __future__ import annotations

import subprocess
import sys

from fastapi.testclient import TestClient

from message_center.page.plugin import MessageCenterPlugin
from support.process import REPOSITORY

LOOKS = """
import sys
import airflow.plugins_manager
before = set(sys.modules)
from message_center.page.plugin import MessageCenterPlugin
MessageCenterPlugin()
print(*sorted(set(sys.modules) - before - {"message_center"}))
"""


def test_a_component_imports_the_plugin_and_nothing_with_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKS], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "message_center.page message_center.page.plugin"


def test_airflow_has_loaded_it(viewer: TestClient) -> None:
    (plugin,) = [each for each in viewer.get("/api/v2/plugins").json()["plugins"] if each["name"] == "message_center"]
    assert [app["url_prefix"] for app in plugin["fastapi_apps"]] == ["/message-center"]
    assert {app["destination"] for app in plugin["react_apps"]} == {"nav", "dashboard"}


def test_what_it_names_is_there(viewer: TestClient) -> None:
    for app in MessageCenterPlugin.react_apps:
        for file in (app[key] for key in ("bundle_url", "icon", "icon_dark_mode") if key in app):
            assert viewer.get(f"/{file}").status_code == 200, file
