"""
Where the files are that don't belong to the package: message templates and enrichments, in the project's ``include``.

In a checkout of this repository that is the repository itself; who installs the package has a project of their own.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_ABOVE = Path(__file__).resolve().parents[2]

CHECKOUT = _ABOVE if (_ABOVE / "include" / "sql").is_dir() else None
"""The repository that this package lies in; ``None`` when it was installed from a wheel."""

DAGS_FOLDER = CHECKOUT / "dags" if CHECKOUT else Path(__file__).parent / "dags"
"""The DAG files: an installed package has them inside."""

FOLDER_VARIABLE = "AIRFLOW__MESSAGE_CENTER__PROJECT_FOLDER"


@cache
def project_folder() -> Path:
    """Return the folder: the setting ``[message_center] project_folder``, else the checkout, else AIRFLOW_HOME."""
    named = os.environ.get(FOLDER_VARIABLE) or CHECKOUT
    if not named:
        # Airflow takes a second to import, for which no author of a template should wait.
        from airflow.sdk.configuration import conf

        named = conf.get("message_center", "project_folder", fallback="") or os.environ.get("AIRFLOW_HOME", "~/airflow")
    return Path(named).expanduser().resolve()


def shown(file: Path) -> str:
    """Return a file's name as people know it: from the project's folder on."""
    return str(file.relative_to(project_folder()) if file.is_relative_to(project_folder()) else file)
