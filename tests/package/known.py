"""What an Airflow knows of the installed package; prints it."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from airflow.configuration import conf
from airflow.providers_manager import ProvidersManager

import message_center

manager = ProvidersManager()  # type: ignore[no-untyped-call]

hooks = {name: hook for name, hook in manager.hooks.items() if hook and name.startswith("message_center")}
known = {
    "airflow": version("apache-airflow"),
    "folder": str(Path(message_center.__file__).parents[1]),
    "hooks": {name: hook.hook_class_name.rpartition(".")[2] for name, hook in hooks.items()},
    "events_kept_days": conf.get("message_center", "events_kept_days"),
}
print(json.dumps(known))
