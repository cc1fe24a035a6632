"""What a person meets in the UI: a bad account's own error, and no secrets."""

from __future__ import annotations

import json

from message_center.accounts.registry import REGISTRY_VARIABLE
from message_center.local.connections import SMTP, connections
from support.accounts import delete_account
from support.stack import Running
from support.waiting import until

WITHIN = 60


def test_bad_account_shows_its_own_error(stack: Running) -> None:
    known = next(one for one in connections(stack.paths, stack.ports) if one["connection_id"] == "mcExec1")
    extra = json.dumps({"smtp_conn_id": SMTP, "instance_identifier": 128})
    with stack.airflow() as airflow:
        airflow.add_connection({**known, "connection_id": "mcBad", "extra": extra})
        try:
            (error,) = until("an import error", airflow.import_errors, WITHIN)
            assert (
                "Account 'mcBad': its instance identifier is 128, not a number from 1 to 127." in error["stack_trace"]
            )
            assert not airflow.has_dag("mcSynch_mcBad")
            assert airflow.has_dag("mcSynch_mcExec1")
        finally:
            airflow.delete_connection("mcBad")
        until("no import error", lambda: not airflow.import_errors(), WITHIN)


def test_second_account_on_a_database_is_refused_and_the_first_goes_on(stack: Running) -> None:
    known = next(one for one in connections(stack.paths, stack.ports) if one["connection_id"] == "mcExec1")
    heartbeat = "select last_error from message_center.workflow_heartbeat where account = 'mcTwin'"
    with stack.airflow() as airflow:
        airflow.add_connection({**known, "connection_id": "mcTwin"})
        try:
            with stack.connect("message_center_control") as control:
                ((error,),) = until("its error", lambda: control.execute(heartbeat).fetchall(), 60)
            assert "its database is registered by account 'mcExec1' already" in error
            run = airflow.trigger("mcSynch_mcExec1")
            until("the first account's run", lambda: airflow.run("mcSynch_mcExec1", run)["state"] == "success", 120)
        finally:
            delete_account(airflow, "mcTwin")


def test_no_password_in_logs_xcoms_or_the_registry(stack: Running) -> None:
    passwords = [one["password"] for one in connections(stack.paths, stack.ports) if one.get("password")]
    assert len(passwords) == 3
    with stack.airflow() as airflow:
        registry = airflow.request("GET", f"variables/{REGISTRY_VARIABLE}").text
    with stack.connect("airflow") as metadata:
        xcoms = str(metadata.execute("select value::text from xcom").fetchall())
    logs = [path for path in stack.paths.log.rglob("*") if path.is_file()]
    assert any("mcSynch_mcExec1" in str(path) for path in logs), "there are logs to look into"
    for password in passwords:
        assert password not in registry
        assert password not in xcoms
        for path in logs:
            assert password.encode() not in path.read_bytes(), path
