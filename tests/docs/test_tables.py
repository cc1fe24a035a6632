"""The tables of the pages are what the code has: settings, fields, columns, statuses, workflows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from message_center import workflows
from message_center.accounts.account import WINDOW_SECONDS, Account
from message_center.accounts.form import ACCOUNT_FIELDS
from message_center.channels import CHANNELS
from message_center.local.paths import PORT_VARIABLES, Ports
from message_center.provider import get_provider_info
from message_center.templates.fields import Event, TemplateFields
from message_center.workflows import STARTED_WITH_THE_ACCOUNT, Workflow
from support.pages import code_words, rows
from support.process import REPOSITORY

Connection = psycopg.Connection[Any]

SETTINGS, INTAKE, CONTRACT = "docs/settings.md", "docs/intake.md", "docs/delivery-contract.md"
OPTIONS: dict[str, Any] = get_provider_info()["config"]["message_center"]["options"]
WORKFLOWS = [each for each in vars(workflows).values() if isinstance(each, Workflow)]
BY_HAND = {
    workflows.PUBLISH,
    workflows.UNPUBLISH,
    workflows.ROLL_BACK,
    workflows.STOP_EVENT_TYPE,
    workflows.MANAGE_CALLERS,
}
BY_THEMSELVES = {workflows.PURGE_RUNS, workflows.SUPERVISE}
OF_ALL_ACCOUNTS = {*BY_HAND, *BY_THEMSELVES}
NAME = re.compile(r"[A-Za-z_][\w.]*")
# Programs, words of SQL, and a value that the page has as an example.
OTHER_WORDS = {"psql", "airflow", "airflow.cfg", "python3", "include", "id", "shop", ".local", "sslmode", "reason"}


def named(cell: str) -> list[str]:
    """Return what a cell has in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def table(page: str, first: str) -> dict[str, list[str]]:
    """Return the table whose head begins so: the other cells by each name in the first one."""
    found: dict[str, list[str]] = {}
    is_wanted = False
    width = 0
    for row in rows(page):
        if row[0] == first:
            assert not found, f"{page} has several tables of {first!r}"
            is_wanted, width = True, len(row)
        elif is_wanted and len(row) == width and named(row[0]):
            found |= {name: row[1:] for name in named(row[0])}
        else:
            is_wanted = False
    return found


def test_the_readmes_workflows_are_those_that_there_are() -> None:
    shown = {name: cells for name, cells in table("README.md", "DAG").items()}
    assert shown.keys() == {each.name if each in OF_ALL_ACCOUNTS else each.dag_id("<account>") for each in WORKFLOWS}
    for each in WORKFLOWS:
        starts = shown[each.name if each in OF_ALL_ACCOUNTS else each.dag_id("<account>")][1]
        assert starts.startswith("by itself") == (each in {*STARTED_WITH_THE_ACCOUNT, *BY_THEMSELVES})
        assert (starts == "when you trigger it") == (each in BY_HAND)


def test_the_variables_for_make() -> None:
    shown = table(SETTINGS, "variable")
    ports = Ports()
    assert shown.keys() == {*PORT_VARIABLES.values(), "PYTHON", "MESSAGE_CENTER_STATE", "EXIT"}
    for port, variable in PORT_VARIABLES.items():
        assert shown[variable][0] == str(getattr(ports, port))
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert all(variable in makefile for variable in shown)


def test_the_options_of_airflow() -> None:
    shown = table(SETTINGS, "option")
    assert shown.keys() == OPTIONS.keys()
    for option, (variable, default, _) in shown.items():
        assert variable == f"`AIRFLOW__MESSAGE_CENTER__{option.upper()}`"
        assert default == OPTIONS[option]["default"] or option == "project_folder"


def test_the_fields_of_an_account() -> None:
    shown = {named(row[1])[0]: row for row in rows("docs/accounts.md") if len(row) == 3 and named(row[1])}
    assert shown.keys() == ACCOUNT_FIELDS.keys()
    for field, (label, _, meaning) in shown.items():
        assert label == ACCOUNT_FIELDS[field]["label"]
        default = getattr(Account, field, None)
        assert isinstance(default, bool | None) or str(default) in meaning
    assert f"{WINDOW_SECONDS[0]} to {WINDOW_SECONDS[-1]}" in shown["window_seconds"][2]


def test_the_limits_of_an_instance(execution: Connection) -> None:
    shown = {column: cells[0] for column, cells in table(SETTINGS, "column").items()}
    columns = execution.execute(
        "select column_name::text, column_default from information_schema.columns"
        " where table_schema = 'message_center' and table_name = 'instance'"
        " and column_default ~ '^[0-9]+$' and column_name <> 'numbering'"
    ).fetchall()
    assert shown == dict(columns)


def test_the_fields_of_an_event() -> None:
    assert table(INTAKE, "field").keys() == Event.model_fields.keys()


def test_the_fields_of_a_template() -> None:
    fields = {field.alias or name for name, field in TemplateFields.model_fields.items()}
    shown = table("docs/templates.md", "field")
    assert shown.keys() == fields
    assert set(named(shown["channel"][0])) == {*CHANNELS, "body.txt", "body.json"}


def test_the_columns_of_a_claim(execution: Connection) -> None:
    assert table(CONTRACT, "column").keys() == set(outputs(execution, "claim_deliveries"))


def test_the_fields_of_an_outcome(execution: Connection) -> None:
    attributes = execution.execute(
        "select attname::text from pg_attribute where attrelid = 'message_center.delivery_outcome'::regclass"
    ).fetchall()
    assert table(CONTRACT, "field").keys() == {name for (name,) in attributes} - {"position", "refused", "reason"}


def test_the_statuses(execution: Connection) -> None:
    labels = execution.execute("select unnest(enum_range(null::message_center.event_status))::text").fetchall()
    shown = [row[0] for row in rows("docs/operations.md") if len(row) == 3 and row[0] != "status"]
    assert shown == [label for (label,) in labels]


def outputs(execution: Connection, function: str) -> list[str]:
    """Return the names of a function's output columns."""
    row = execution.execute(
        "select array(select name from unnest(proargnames, proargmodes) as a (name, mode) where mode in ('t', 'o'))"
        " from pg_proc where proname = %s",
        [function],
    ).fetchone()
    assert row is not None
    return list(row[0])


def catalogue(connection: Connection) -> Iterator[str]:
    """Yield every name that a side's schema has: of tables, columns, functions, their arguments, and labels."""
    names = connection.execute(
        """
        with ours as (select oid, nspname from pg_namespace where nspname in ('message_center', 'archive'))
        select nspname::text from ours
        union select relname::text from pg_class join ours on relnamespace = ours.oid
        union select attname::text from pg_attribute join pg_class on attrelid = pg_class.oid
            join ours on relnamespace = ours.oid
        union select proname::text from pg_proc join ours on pronamespace = ours.oid
        union select unnest(proargnames) from pg_proc join ours on pronamespace = ours.oid
        union select enumlabel::text from pg_enum join pg_type on enumtypid = pg_type.oid
            join ours on typnamespace = ours.oid
        """
    ).fetchall()
    for (name,) in names:
        yield from (name, f"message_center.{name}")


@pytest.mark.parametrize("page", [SETTINGS, INTAKE, CONTRACT])
def test_every_name_of_the_reference_pages_exists(page: str, execution: Connection, control: Connection) -> None:
    sources = [REPOSITORY / "Makefile", REPOSITORY / "docker-compose.yaml", *(REPOSITORY / "plugins").rglob("*.py")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    known = {*catalogue(execution), *catalogue(control), *OPTIONS, *ACCOUNT_FIELDS, *Event.model_fields}
    known |= {each.name for each in WORKFLOWS} | {f"message_center.{each.name}" for each in WORKFLOWS}
    known |= {f"AIRFLOW__MESSAGE_CENTER__{option.upper()}" for option in OPTIONS} | OTHER_WORDS
    known |= {"MESSAGE_CENTER_EXECUTION_URI_mcExec1", "MESSAGE_CENTER_EXECUTION_URI_mcExec2"}
    words = {word for word in code_words(page) if NAME.fullmatch(word)}
    assert not {
        word
        for word in words - known
        if not (word.isupper() and word in text) and f'"{word}"' not in text and not word.startswith("AIRFLOW_CONN_")
    }
