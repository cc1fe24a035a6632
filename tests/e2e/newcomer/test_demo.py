"""The main job: every sample event ends where it should, on a running stack."""

from __future__ import annotations

from rich.console import Console

from message_center.local.demo import run
from message_center.local.stack import Stack
from support.stack import Running


def test_every_sample_event_is_accounted_for(stack: Running) -> None:
    console = Console(record=True, width=160)
    passed = run(Stack(stack.paths, stack.ports), console)
    said = console.export_text()
    assert passed, said
    assert "each signature held, each one's last status is the event's" in said


def test_second_demo_on_the_same_state(stack: Running) -> None:
    console = Console(record=True, width=160)
    assert run(Stack(stack.paths, stack.ports), console), console.export_text()


def test_no_run_of_a_workflow_has_failed(stack: Running) -> None:
    with stack.airflow() as airflow:
        dag_ids = [dag["dag_id"] for dag in airflow.dags(tags="Message Center")]
        runs = {dag_id: [run["state"] for run in airflow.runs(dag_id)] for dag_id in dag_ids}
    ended = [state for states in runs.values() for state in states if state not in ("running", "queued")]
    assert ended, "windows have ended by now"
    assert set(ended) == {"success"}, runs
