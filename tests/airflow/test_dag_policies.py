"""What holds for every DAG of ours, whatever the accounts."""

from __future__ import annotations

import re
from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import ParamValidationError
from airflow.utils.types import DagRunType

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE
from support.dag_bags import ACCOUNTS, dag_bag

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

EXPECTED = {
    "mcSynch_mcExec1",
    "purge_mcExec1",
    "rtEventsProcessing_mcExec1",
    "batchEventsProcessing_mcExec1",
    "updateEventStatus_mcExec1",
    "deliveryExecution_mcExec1",
    "deliverWebhooks_mcExec1",
    "mcSynch_mcExec2",
    "purge_mcExec2",
    "rtEventsProcessing_mcExec2",
    "batchEventsProcessing_mcExec2",
    "updateEventStatus_mcExec2",
    "importEvents_mcExec2",
}
PURGE_RUNS = "purgeRuns"
SUPERVISE = "superviseMessageCenter"
OF_ALL = {PURGE_RUNS, SUPERVISE}
OF_TEMPLATES = {"publishMessageTemplates", "unpublishMessageTemplates", "rollbackMessageTemplates"}
BY_HAND = OF_TEMPLATES | {"stopEventType", "manageCallers"}


def test_every_enabled_account_has_its_workflows(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == EXPECTED | BY_HAND | OF_ALL


@pytest.mark.parametrize("dag_id", sorted(EXPECTED | BY_HAND | OF_ALL))
def test_a_dag_tells_people_what_it_is(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    workflow, _, account = dag_id.partition("_")
    assert account in dag.dag_display_name
    side = "Control instance" if workflow in {"mcSynch", "purge", *OF_ALL, *BY_HAND} else "Execution instance"
    assert dag.tags == {"Message Center", side} | ({account} if account else set())
    assert dag.doc_md
    assert "{account}" not in dag.doc_md
    assert all(task.owner == "message-center" for task in dag.tasks)
    assert dag.catchup is False


def test_lists_sort_by_account_and_show_every_id(dags: dict[str, Any]) -> None:
    """Airflow's lists show the display name, below "Dag ID" too, and search and sort by nothing else."""
    shown = {dag_id: dag.dag_display_name for dag_id, dag in dags.items()}
    assert all(dag_id in name for dag_id, name in shown.items())
    accounts = [name.partition(" · ")[0] for name in sorted(shown[dag_id] for dag_id in EXPECTED)]
    assert accounts == sorted(accounts)
    assert set(accounts) == {"mcExec1", "mcExec2"}


@pytest.mark.parametrize("dag_id", sorted(EXPECTED | BY_HAND | OF_ALL))
def test_no_backfill_is_offered(dags: dict[str, Any], dag_id: str) -> None:
    assert {each.value for each in dags[dag_id].allowed_run_types} == {each.value for each in DagRunType} - {"backfill"}


def test_control_starts_by_itself_and_the_user_starts_the_others(dags: dict[str, Any]) -> None:
    assert all(dags[dag_id].is_paused_upon_creation is False for dag_id in OF_ALL)
    for dag_id in EXPECTED:
        assert dags[dag_id].is_paused_upon_creation is not dag_id.startswith(("mcSynch", "purge"))


def test_what_fails_for_good_is_noted_where_the_supervision_looks(dags: dict[str, Any]) -> None:
    for dag_id in [*BY_HAND, *(dag_id for dag_id in EXPECTED if dag_id.startswith(("purge_", "importEvents_")))]:
        first, *_ = [task for task in dags[dag_id].tasks if not task.upstream_task_ids]
        assert all(task.has_on_failure_callback for task in dags[dag_id].tasks)
        assert first.has_on_execute_callback, f"{dag_id}: its next run says that what failed is over"


def test_publication_is_triggered_by_hand_one_run_at_a_time(dags: dict[str, Any]) -> None:
    for dag_id in BY_HAND:
        assert dags[dag_id].is_paused_upon_creation is False
        assert dags[dag_id].timetable.can_be_scheduled is False
        assert dags[dag_id].max_active_runs == 1


def test_nothing_is_deployed_before_the_preflight(dags: dict[str, Any]) -> None:
    publish, roll_back = dags["publishMessageTemplates"], dags["rollbackMessageTemplates"]
    assert [task.task_id for task in publish.topological_sort() if task.task_id != "send_proofs"] == [
        "preflight",
        "render",
        "record_version",
        "deploy",
        "verify",
    ]
    assert "preflight" in roll_back.get_task("record_version").upstream_task_ids
    assert publish.get_task("deploy").is_mapped


def test_versions_are_verified_though_an_instance_failed_but_not_where_nothing_was_recorded(
    dags: dict[str, Any],
) -> None:
    for dag_id in OF_TEMPLATES:
        verify = dags[dag_id].get_task("verify")
        assert verify.upstream_task_ids == {"record_version", "deploy"}
        assert verify.trigger_rule == "all_done_min_one_success"


def test_the_event_of_a_proof_is_a_string_which_javascript_does_not_round(dags: dict[str, Any]) -> None:
    param = dags["publishMessageTemplates"].params.get_param("proof_event")
    assert param.resolve("72057594037927937") == "72057594037927937"
    for wrong in (72057594037927937, "1e3", "-1", "7 "):
        with pytest.raises(ParamValidationError):
            param.resolve(wrong)


def test_the_form_asks_for_what_is_needed_and_for_nothing_else(dags: dict[str, Any]) -> None:
    """The form has an asterisk for a param whose type takes no null, and does not send without a value."""

    def required(dag_id: str) -> set[str]:
        params = {name: dags[dag_id].params.get_param(name) for name in dags[dag_id].params}
        return {name for name, each in params.items() if each.value is None and "null" not in each.schema["type"]}

    assert {dag_id: required(dag_id) for dag_id in dags if required(dag_id)} == {
        "unpublishMessageTemplates": {"templates"},
        "rollbackMessageTemplates": {"version"},
        "stopEventType": {"event_type", "reason"},
        "manageCallers": {"account", "caller"},
    }


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_the_kill_switch_asks_for_an_event_type_and_a_reason(dags: dict[str, Any], reason: str | None) -> None:
    """Airflow's form does not send without them, and its API refuses the run."""
    params = dags["stopEventType"].params
    with pytest.raises(ParamValidationError):
        params.get_param("event_type").resolve()
    param = copy(params.get_param("reason"))  # it keeps what it has resolved
    with pytest.raises(ParamValidationError):
        param.resolve(reason)
    assert param.resolve("wrong price") == "wrong price"


def test_the_form_of_a_rollback_asks_for_a_number_and_changes_none(dags: dict[str, Any]) -> None:
    """With a minimum it would make 1 of 0, and a run that rolls publication 1 back."""
    param = copy(dags["rollbackMessageTemplates"].params.get_param("version"))
    with pytest.raises(ParamValidationError):
        param.resolve()
    assert "minimum" not in param.schema
    assert param.resolve(0) == 0


def test_the_tasks_in_the_table_of_a_dags_documentation_are_there(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        table = dag.doc_md.partition("\n| task |")[2]
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        assert not named or named == set(dag.task_ids), dag_id


def test_a_template_is_chosen_from_those_that_there_are(dags: dict[str, Any]) -> None:
    param = dags["publishMessageTemplates"].params.get_param("templates")
    assert param.schema["examples"] == ["invoice_ready", "order_confirmation", "password_reset", "shipping_notice"]


def test_python_enrichment_has_a_workflow_where_it_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    callables = "order_confirmation=shop.enrichment:add_points, password_reset=shop.enrichment:nothing"
    monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__ENRICHMENT_CALLABLES", callables)
    bag = dag_bag(ACCOUNTS)
    assert bag.import_errors == {}
    assert {task.task_id for task in bag.dags["eventEnrichment_mcExec1"].tasks} == {
        "order_confirmation",
        "password_reset",
    }


def test_archiving_keeps_the_domains_order(dags: dict[str, Any]) -> None:
    upstream = {task.task_id: set(task.upstream_task_ids) for task in dags["mcSynch_mcExec1"].tasks}
    assert upstream == {
        "initialize_connection": set(),
        "archive_events": {"initialize_connection"},
        "archive_delivery_log_messages": {"initialize_connection"},
        "archive_delivery_logs": {"archive_delivery_log_messages"},
        "archive_tracking_urls": {"initialize_connection"},
        "archive_tracking_logs": {"archive_tracking_urls"},
        "archive_quarantine": {"initialize_connection"},
        "archive_statistics": {"initialize_connection"},
        "archive_acts": {"initialize_connection"},
        "archive_act_events": {"archive_acts"},
        "deploy_templates": {"initialize_connection"},
        "finish_run": set(upstream) - {"finish_run", "initialize_connection", "deploy_templates"},
    }
    assert {task.trigger_rule for task in dags["mcSynch_mcExec1"].tasks if task.upstream_task_ids} == {
        "all_success",  # deploy_templates, which waits for no stream
        "none_failed",  # a stream that was idle, and so was skipped, takes none with it
    }
    assert all(task.retries >= 5 for task in dags["mcSynch_mcExec1"].tasks)
    assert all(task.retry_exponential_backoff for task in dags["mcSynch_mcExec1"].tasks)


def test_a_failed_purge_task_skips_no_other(dags: dict[str, Any]) -> None:
    upstream = {task.task_id: set(task.upstream_task_ids) for task in dags["purge_mcExec1"].tasks}
    purges = ("events", "delivery_logs", "tracking_logs", "statistics", "act_events", "acts", "archive")
    assert upstream == {"initialize_connection": set()} | {
        f"purge_{name}": {"initialize_connection"} for name in purges
    }


def test_an_archive_is_an_asset_for_users_own_dags(dags: dict[str, Any]) -> None:
    (asset,) = dags["mcSynch_mcExec1"].get_task("finish_run").outlets
    assert asset.name == "message_center_archive_mcExec1"


def test_a_window_runs_in_the_triggerer_and_overlaps_the_next(dags: dict[str, Any]) -> None:
    dag = dags["rtEventsProcessing_mcExec1"]
    (window,) = dag.tasks
    assert window.start_from_trigger
    assert window.start_trigger_args.trigger_kwargs["window_end"] == window.window_end
    assert "timedelta(seconds=610)" in window.window_end
    assert dag.max_active_runs == 2
    assert dag.timetable.delta == timedelta(seconds=600)


def test_parsing_asks_for_nothing_but_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    from airflow.sdk import Variable

    original = Variable.get

    def get(key: str, **kwargs: Any) -> Any:
        asked.append(key)
        return original(key, **kwargs)

    monkeypatch.setattr(Variable, "get", get)
    bag = dag_bag(ACCOUNTS)
    assert bag.import_errors == {}
    assert set(asked) == {REGISTRY_VARIABLE}
    assert len(asked) == 6, "one look-up for each DAG file with accounts"


def test_a_bad_account_takes_no_dag_away_and_shows_its_error() -> None:
    bag = dag_bag([Account("mcExec1")], ["Account 'a b': its connection id cannot be part of a DAG id. Delete it."])
    assert "mcSynch_mcExec1" in bag.dags
    ((file, error),) = bag.import_errors.items()
    assert file.endswith("account_errors.py")
    assert "Account 'a b'" in error


def test_a_worker_builds_only_the_dag_that_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "mcSynch_mcExec1")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "archive_events")
    bag = dag_bag(ACCOUNTS)
    assert {dag_id.split("_")[1] for dag_id in bag.dags if dag_id not in {*OF_ALL, *BY_HAND}} == {"mcExec1"}


def test_an_account_whose_dags_cannot_be_built_takes_no_other_away() -> None:
    """However it came into the registry: Airflow refuses a tag of more than 100 characters."""
    bag = dag_bag([Account("mcExec1"), Account("x" * 101), Account("mcExec2")])
    assert {"mcSynch_mcExec1", "mcSynch_mcExec2", "rtEventsProcessing_mcExec1", "purge_mcExec2"} <= set(bag.dags)
    ((file, error),) = bag.import_errors.items()
    assert file.endswith("account_errors.py")
    assert f"Account '{'x' * 101}': its DAGs cannot be built" in error


def test_every_task_ends_in_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in dag.tasks:
            ends = task.execution_timeout or task.start_trigger_args.timeout
            assert ends <= timedelta(hours=6), f"{dag.dag_id}.{task.task_id}"
