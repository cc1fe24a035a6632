"""The first minutes of a newcomer, in a real browser: what README.md, accounts.md, templates.md and intake.md say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, expect

from message_center.local.connections import SMTP
from message_center.local.paths import DEMO_ACCOUNTS
from message_center.local.sink import messages
from message_center.workflows import ARCHIVING, PUBLISH, RT_EVENTS_PROCESSING, STARTED_BY_THE_USER
from support.accounts import forget_account
from support.browser import new_page
from support.pages import Runner, reader_environment, runnable
from support.process import REPOSITORY
from support.stack import Running, environment
from support.visitor import Visitor
from support.waiting import PATIENCE, until
from support.workflows import is_live

# The account that docs/accounts.md makes.
ACCOUNT, PASSWORD = "shop", "change me"
# Far more than is promised: other tests run beside this one.
WITHIN = 120


@pytest.fixture
def reader(working: Running, tmp_path: Path) -> Iterator[Runner]:
    """Somebody who reads the pages beside a running stack, and takes the account that they add for the instance."""
    paths, ports = working.paths, working.ports
    uri = f"postgresql://{ACCOUNT}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{ports.postgres}/{ACCOUNT}"
    yield Runner(REPOSITORY, tmp_path, reader_environment(**environment(paths.state, ports)), {"execution": uri})
    with working.airflow() as airflow:
        forget_account(working, airflow, ACCOUNT)


def test_the_first_minutes(working: Running, reader: Runner) -> None:
    with new_page() as page:
        visitor = Visitor(page, working)
        visitor.sign_in()
        adds_an_account(visitor, reader, working.ports.postgres)
        finds_its_workflows(visitor)
        starts_them(visitor)
        wait_until_all_work(working, reader)
        publishes_the_templates(visitor)
        sends_a_message(working, reader)
        pauses_a_workflow(visitor)


def adds_an_account(visitor: Visitor, reader: Runner, port: int) -> None:
    (makes_database,) = (block for block in runnable("docs/accounts.md") if "create database" in block.text)
    reader.run_block(makes_database)
    visitor.open_connections()
    visitor.begin_account(ACCOUNT, Host="127.0.0.1", Port=str(port), Login=ACCOUNT, Password=PASSWORD, Database=ACCOUNT)
    form = visitor.extra_fields()
    has_its_defaults(visitor, form)
    visitor.picture("account_form", form)
    visitor.field(form, "SMTP connection").fill("smtp_defualt")
    visitor.save(form)
    visitor.test_connection(ACCOUNT)
    expect(visitor.notice("There is no connection 'smtp_defualt' to send e-mails through.")).to_be_visible()
    visitor.picture("account_test")

    visitor.connection(ACCOUNT).get_by_role("button", name="Edit Connection").click()
    form = visitor.extra_fields()
    visitor.field(form, "SMTP connection").fill(SMTP)
    visitor.save(form)
    visitor.test_connection(ACCOUNT)
    expect(visitor.notice(re.compile(r"PostgreSQL \d+, reachable\."))).to_be_visible()


def has_its_defaults(visitor: Visitor, form: Locator) -> None:
    expect(form.get_by_role("checkbox", name="Enabled")).to_be_checked()
    expect(form.get_by_role("spinbutton", name="Instance identifier")).to_have_value("")
    expect(form.get_by_role("spinbutton", name="Window in seconds")).to_have_value("600")
    expect(form.get_by_role("checkbox", name="Deliver e-mails")).to_be_checked()
    expect(visitor.field(form, "SMTP connection")).to_have_value(SMTP)


def finds_its_workflows(visitor: Visitor) -> None:
    archiving = ARCHIVING.dag_id(ACCOUNT)
    visitor.search_dags(ACCOUNT)
    for dag_id in (archiving, *windows()):
        visitor.comes_to_show(visitor.dag(dag_id), WITHIN)
    visitor.comes_to_show(run(visitor, archiving, "success"), WITHIN)

    visitor.search_dags(ARCHIVING.name)
    visitor.toggle_match_anywhere()
    for account in (ACCOUNT, "mcExec1"):
        visitor.comes_to_show(visitor.dag(ARCHIVING.dag_id(account)), WITHIN)
    expect(visitor.dag(RT_EVENTS_PROCESSING.dag_id(ACCOUNT))).to_be_hidden()
    visitor.toggle_match_anywhere()


def windows() -> list[str]:
    return [workflow.dag_id(ACCOUNT) for workflow in STARTED_BY_THE_USER]


def run(visitor: Visitor, dag_id: str, state: str) -> Locator:
    """Return the latest run of a DAG in the list, if it is in a state."""
    return visitor.dag(dag_id).get_by_test_id("latest-run").get_by_role("link", name=re.compile(state))


def starts_them(visitor: Visitor) -> None:
    visitor.search_dags(ACCOUNT)
    for dag_id in windows():
        visitor.pause(dag_id, False)
    for dag_id in windows():
        visitor.comes_to_show(run(visitor, dag_id, "running"), WITHIN)
    visitor.picture("workflows", visitor.page.get_by_test_id("card-list"))


def wait_until_all_work(stack: Running, reader: Runner) -> None:
    """Nothing is published before the windows of all accounts have begun."""
    for uri in (reader.databases["execution"], *(stack.paths.uri(name, stack.ports) for name in DEMO_ACCOUNTS)):
        with psycopg.connect(uri, autocommit=True) as connection:
            until("all workflows in their windows", lambda: is_live(connection), WITHIN)


def publishes_the_templates(visitor: Visitor) -> None:
    visitor.search_dags(PUBLISH.name)
    form = visitor.open_trigger_form(PUBLISH.name)
    visitor.field(form, "Comment").fill("The first ones")
    visitor.picture("publish_form", form)
    expect(visitor.trigger(form)).to_have_text("Success", timeout=PATIENCE * WITHIN * 1_000)
    expect(visitor.task_instance("verify")).to_contain_text("Success")
    visitor.picture("publication")


def sends_a_message(stack: Running, reader: Runner) -> None:
    """Push the event that docs/intake.md pushes, follow it, and have its mail."""
    push, follow = [block for block in runnable("docs/intake.md") if block.language == "sql"][:2]
    reader.run_block(push)
    reader.run_block(follow)
    with psycopg.connect(reader.databases["execution"]) as connection:
        ((id_,),) = connection.execute("select id from message_center.event").fetchall()
    (mail,) = (mail for mail in messages(stack.paths.messages) if mail["message_id"].startswith(f"<{id_}@"))
    assert mail["to"] == ["john@example.com"]


def pauses_a_workflow(visitor: Visitor) -> None:
    dag_id = RT_EVENTS_PROCESSING.dag_id(ACCOUNT)
    visitor.search_dags(ACCOUNT)
    visitor.comes_to_show(run(visitor, dag_id, "running"), WITHIN)
    visitor.pause(dag_id)
    visitor.comes_to_show(run(visitor, dag_id, "success"), WITHIN)
