"""manageCallers: let callers in through the doors of an account, or shut them out."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from message_center import callers
from message_center.accounts.registry import accounts_to_parse
from message_center.dag_defaults import CONTROL_TAG, common_settings
from message_center.instances.run_notes import NOTED, note_start
from message_center.intake.admission import MAX_EVENT_TYPE_LENGTH, MAX_EVENTS_PER_SECOND, MAX_OVERLAP_HOURS, NAME
from message_center.workflows import MANAGE_CALLERS

SCOPES, QUEUES = ["push", "read", "act"], ["rt", "batch"]
ACCOUNTS = [account.account for account in accounts_to_parse()]
SETTINGS = common_settings(MANAGE_CALLERS, CONTROL_TAG)
SETTINGS["default_args"] = SETTINGS["default_args"] | NOTED

with DAG(
    schedule=None,
    max_active_runs=1,
    is_paused_upon_creation=False,
    params={
        "account": Param(None, type="string", minLength=1, title="Account", examples=ACCOUNTS),
        "caller": Param(None, type="string", pattern=NAME, title="Caller"),
        "action": Param(callers.KEEP, type="string", enum=[callers.KEEP, callers.REMOVE], title="Action"),
        "may": Param(["push", "read"], type="array", minItems=1, items={"enum": SCOPES}, examples=SCOPES, title="May"),
        "event_types": Param(
            None, type=["null", "array"], title="Event types that it may push (none: all)",
            items={"type": "string", "minLength": 1, "maxLength": MAX_EVENT_TYPE_LENGTH},
        ),
        "queues": Param(
            None, type=["null", "array"], items={"enum": QUEUES}, examples=QUEUES,
            title="Queues that it may push to (none: both)",
        ),
        "max_events_per_second": Param(
            None, type=["null", "integer"], minimum=1, maximum=MAX_EVENTS_PER_SECOND, title="Most events per second",
            description="Of each process of the doors. Empty: as many as come.",
        ),
        "secret_conn_id": Param(
            None, type=["null", "string"], pattern=callers.NO_SECRET, title="Connection with its secret",
            description="An Airflow connection of any type whose password is the secret. Empty: its secret stays.",
        ),
        "overlap_hours": Param(
            24, type="number", minimum=0, maximum=MAX_OVERLAP_HOURS,
            title="Hours for which its other secrets stay good, where this is a new one",
        ),
    },
    **SETTINGS,
):  # fmt: skip

    @task(on_execute_callback=note_start, multiple_outputs=False)
    def manage() -> dict[str, Any]:
        return callers.manage(get_current_context()["params"])

    manage()
