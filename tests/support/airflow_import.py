"""Stands in for ``airflow dags trigger importEvents_<account> --conf …``: does at once what the run would do."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from message_center.accounts.account import Account
from message_center.files.run import import_events
from message_center.workflows import IMPORT_EVENTS

if __name__ == "__main__":
    dags, trigger, dag_id, option, conf = sys.argv[1:]
    assert (dags, trigger, option) == ("dags", "trigger", "--conf")
    account = Account(IMPORT_EVENTS.account_of(dag_id) or "", import_path=Path.cwd().as_uri())
    import_events(account, json.loads(conf)).refuse_faults()
