"""
Shows what is wrong with accounts, as an import error in the Airflow UI, which takes no DAG away.

(Airflow looks into a file only if it says both "airflow" and "dag".)
"""

from __future__ import annotations

from message_center.accounts.registry import read_registry

if errors := read_registry().errors:
    raise ValueError("\n".join(errors))
