"""The life of message templates: publish, unpublish, roll back, and stop an event type."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from message_center.dag_defaults import CONTROL_TAG, common_settings
from message_center.instances.run_notes import NOTED, note_start
from message_center.publication import proofs, stopping, tasks
from message_center.publication.versions import Action
from message_center.templates.files import event_type_names, template_names
from message_center.workflows import PUBLISH, ROLL_BACK, STOP_EVENT_TYPE, UNPUBLISH, Workflow

MISSING = "missing"  # the XCom of what the preflight missed and was told to overlook
BY_ACCOUNT = "{{ task.op_kwargs['account'] }}"


def templates(title: str, **schema: Any) -> Param:
    """Return the param of chosen templates: several of those that there are."""
    return Param(None, title=title, examples=template_names(), items={"type": "string"}, **schema)


def templates_or(all_of: str) -> Param:
    """Return the same for a workflow that takes none chosen for all."""
    return templates(f"Templates (none chosen: {all_of})", type=["null", "array"])


def text(title: str, description: str) -> Param:
    """Return a param of one line that may stay empty."""
    return Param(None, type=["null", "string"], title=title, description=description)


COMMENT = text("Comment", "Kept with the publication.")
DRY_RUN = Param(False, type=["null", "boolean"], title="Dry run", description="Do everything, keep nothing.")
OVERRIDE = text(
    "Reason to go on although something is missing",
    "Recorded, with your name and what was missing. Empty: the run is refused.",
)


def params() -> dict[str, Any]:
    """Return the params of the run under way."""
    return get_current_context()["params"]


def run() -> tasks.Run:
    """Return what a publication keeps of the run under way."""
    dag_run = get_current_context()["dag_run"]
    return tasks.Run(dag_run.run_id, dag_run.triggering_user_name or "unknown")


@task(on_execute_callback=note_start)
def preflight() -> list[str]:
    get_current_context()["ti"].xcom_push(key=MISSING, value=tasks.preflight(params()))
    return tasks.enabled_accounts()


@task(on_execute_callback=note_start)
def find_instances() -> list[str]:
    return tasks.enabled_accounts()


@task
def render() -> dict[str, str]:
    return tasks.render(params())


@task
def send_proofs() -> int:
    return proofs.send_proofs(params())


@task
def record_version(action: Action, missing: list[str], digests: dict[str, str] | None = None) -> dict[str, Any]:
    return tasks.record_version(action, run(), params(), missing, digests)


@task(map_index_template=BY_ACCOUNT, retries=2, retry_delay=10)
def deploy(account: str, action: Action, publication: dict[str, Any]) -> dict[str, Any]:
    return tasks.deploy(account, action, run(), params(), publication)


# Also where an instance failed, but not where nothing was recorded: the task that failed before has said why.
@task(trigger_rule="all_done_min_one_success")
def verify(publication: dict[str, Any]) -> dict[str, Any]:
    return tasks.verify(publication, params())


@task(on_execute_callback=note_start)
def check_event_type() -> list[str]:
    return stopping.accounts_to_tell(params())


@task(map_index_template=BY_ACCOUNT, retries=5, retry_delay=10)
def stop_or_resume(account: str) -> int:
    return stopping.stop_or_resume(account, params())


def by_hand(what: Workflow, **run_params: Param) -> DAG:
    """Return a DAG that people trigger."""
    settings = common_settings(what, CONTROL_TAG)
    settings["default_args"] = settings["default_args"] | NOTED
    return DAG(schedule=None, max_active_runs=1, is_paused_upon_creation=False, params=run_params, **settings)


def deployment(action: Action, accounts: Any, missing: Any, digests: Any = None) -> Any:
    """Add the tasks with which every publication ends; return the first."""
    recorded: Any = record_version(action, missing, digests)
    deployed = deploy.partial(action=action, publication=recorded).expand(account=accounts)
    deployed >> verify(recorded)
    return recorded


accounts: Any  # a task's result here, where its other XComs are had by their keys

with by_hand(
    PUBLISH,
    templates=templates_or("all that are active"),
    comment=COMMENT,
    dry_run=DRY_RUN,
    override_reason=OVERRIDE,
    proof_to=text("Send a proof to", "An e-mail address that gets each template, rendered."),
    proof_event=Param(
        # A string: the form is JavaScript, which would change an id, that is a number above 2^53.
        None, type=["null", "string"], pattern=r"^\d+$", title="Event of the proof",
        description="The id of an event whose data the proof shows. Empty: each template's own sample.",
    ),
) as publish:  # fmt: skip
    accounts, digests = preflight(), render()
    accounts >> digests >> [send_proofs(), deployment("publish", accounts, accounts[MISSING], digests)]

with by_hand(
    UNPUBLISH,
    templates=templates("Templates to take away", type="array", minItems=1),
    comment=COMMENT,
    dry_run=DRY_RUN,
) as unpublish:
    deployment("unpublish", find_instances(), [])

with by_hand(
    ROLL_BACK,
    # No minimum, by which the form would change a wrong number into one that there is.
    version=Param(
        None, type="integer", title="Publication to go back to",
        description="Its number. 0 is refused, with a list of those that there are.",
    ),
    templates=templates_or("all that this publication brought"),
    comment=COMMENT,
    dry_run=DRY_RUN,
    override_reason=OVERRIDE,
) as roll_back:  # fmt: skip
    accounts = preflight()
    deployment("rollback", accounts, accounts[MISSING])

with by_hand(
    STOP_EVENT_TYPE,
    event_type=Param(
        None, type="string", minLength=1, title="Event type", examples=event_type_names(),
        description="One that there is: any other is refused.",
    ),
    action=Param("stop", type="string", enum=["stop", "resume"], title="Action"),
    reason=Param(
        None, type="string", pattern=r"\S", title="Reason",
        description="What the events' status will say; or why they may go on.",
    ),
) as stop_event_type:  # fmt: skip
    stop_or_resume.expand(account=check_event_type())
