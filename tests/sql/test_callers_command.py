"""``message-center callers`` and its like: what people have named hides nobody else, and what is refused says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from message_center.intake import callers
from message_center.intake.keys import id_of
from message_center.webhooks import cli as webhooks
from support.doors import add_caller, add_key

Connection = psycopg.Connection[Any]
ODD_TYPES = ["[/b]", "[red]order", "[link=x]", ":smile:", "bestellung ü", "[", "\\[x]"]


@pytest.fixture
def account(execution: Connection, execution_uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MESSAGE_CENTER_EXECUTION_URI_mcTest", execution_uri)
    monkeypatch.setenv("COLUMNS", "200")
    return "mcTest"


def run(*arguments: str, app: Any = callers.app) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--account", "mcTest"])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result


def test_event_types_of_any_kind_hide_no_caller_in_the_list(execution: Connection, account: str) -> None:
    for number, event_type in enumerate(ODD_TYPES):
        assert run("add", f"caller{number}", "--event-type", event_type).exit_code == 0
    # As operators may write it by SQL.
    add_key(execution, "caller1", overlap=0)
    for number, expires_at in enumerate(["infinity", "20000-01-01"]):
        keys = "update message_center.caller_key set expires_at = %s where caller = %s"
        execution.execute(keys, [expires_at, f"caller{number}"])
    add_caller(execution, "by_sql", event_types=["\x1b[31mred"])
    lines = run("list").stdout
    for number, event_type in enumerate(ODD_TYPES):
        (line,) = [
            each for each in lines.splitlines() if f"caller{number}" in each and id_of_newest(execution, number) in each
        ]
        assert event_type in line
    assert "\x1b" not in lines
    assert "by_sql" in lines


def id_of_newest(execution: Connection, number: int) -> str:
    keys = "select id from message_center.caller_key where caller = %s order by created_at desc limit 1"
    return str((execution.execute(keys, [f"caller{number}"]).fetchone() or [""])[0])


def test_names_and_addresses_of_webhooks_are_shown_as_they_are(execution: Connection, account: str) -> None:
    rows = [{"name": "[/a]", "origin": "https://[fd00::1]:8443"}, {"name": "erp", "origin": "https://erp.example"}]
    execution.execute("select message_center.set_webhooks(%s)", [json.dumps(rows)])
    # A replay from the last hour of the year 9999, somewhere in the west.
    execution.execute("update message_center.webhook set since = '10000-01-01 12:00Z' where name = 'erp'")
    told = run("list", app=webhooks.app).stdout
    assert all(each[column] in told for each in rows for column in each)


@pytest.mark.parametrize("arguments", [["resume"], ["replay", "--since", "2026-11-29"]], ids=str)
def test_a_webhook_that_is_not_there_is_said_with_what_makes_it(account: str, arguments: list[str]) -> None:
    result = run(*arguments, "[/a]", "--reason", "mended", app=webhooks.app)
    assert result.exit_code == 1
    assert 'there is no webhook "[/a]". Its Airflow connection makes it, once a window' in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "a b"], "'a b' is no name of a caller. Take 1 to 64 of"),
        (["add", "shop\n"], "'shop\\n' is no name of a caller. Take"),
        (["add", "x" * 65], "is no name of a caller. Take"),
        (["add", "[/b]"], "[/b]: '[/b]' is no name of a caller. Take"),
        (["add", "shop", "--event-type", ""], "'' is no event type. Name types as their events have them"),
        (["add", "shop", "--event-type", "a\ud800"], "is no event type. Name types"),
        (["add", "shop", "--event-type", "x" * 256], "is no event type. Name types"),
        (["add", "shop", "--max-events-per-second", str(2**31)], "Invalid value for '--max-events-per-second'"),
        (["rotate", "nobody"], "nobody: there is no such caller. See: message-center callers list."),
        (["rotate", "shop", "--overlap-hours", "inf"], "Invalid value for '--overlap-hours'"),
        (["rotate", "shop", "--overlap-hours", "99999999"], "Invalid value for '--overlap-hours'"),
    ],
)
def test_what_is_refused_says_what_to_do_and_changes_nothing(
    execution: Connection, account: str, arguments: list[str], told: str
) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert told in result.output.replace("\n", " " * ("Invalid" in told)), result.output
    assert "mc_" not in result.output, "no secret, either"
    assert execution.execute("select count(*) from message_center.caller").fetchone() == (0,)


UNREADY = {
    "message_center.caller": ". Let mcSynch_{} run: it makes the instance ready",
    "permission denied": ". Sign in to {} as somebody who has the role of an operator",
}


@pytest.fixture(params=UNREADY)
def refusal(request: pytest.FixtureRequest, execution: Connection) -> Iterator[str]:
    """An instance before its first run, or one on which the login is nobody."""
    if "denied" in request.param:
        nobody = f"{execution.info.dbname}_nobody"
        execution.execute(f"create role {nobody}")
        # For whoever signs in to it from now on.
        execution.execute(f"alter database {execution.info.dbname} set role {nobody}")
    else:
        execution.execute("drop schema message_center cascade")
    yield request.param
    if "denied" in request.param:
        execution.execute(f"alter database {execution.info.dbname} reset role")
        execution.execute(f"drop role {nobody}")


@pytest.mark.parametrize("command", [("add", "shop"), ("list",), ("rotate", "shop"), ("remove", "shop")], ids=str)
def test_an_instance_that_is_not_ready_says_what_to_do(account: str, refusal: str, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert UNREADY[refusal].format("mcTest") in result.output


def test_who_has_no_good_key_gets_one(execution: Connection, account: str) -> None:
    first = run("add", "shop").stdout.split()[-1]
    assert "its secret is as it was" in run("add", "shop", "--queue", "rt").output
    execution.execute("update message_center.caller_key set expires_at = now()")
    second = run("add", "shop").stdout.split()[-1]
    assert id_of(second) not in (None, id_of(first))
