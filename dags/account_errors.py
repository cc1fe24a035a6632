"""
Shows what is wrong with accounts, as an import error in the Airflow UI, which takes no DAG away.

(Airflow looks into a file only if it says both "airflow" and "dag".)
"""

from __future__ import annotations

from message_center.accounts.registry import read_registry
from message_center.dag_defaults import building_errors

registry = read_registry()
if errors := [*registry.errors, *building_errors(registry.accounts)]:
    raise ValueError("\n".join(errors))
