"""An instance that is behind with what is published gets it at its next registration, before anybody can push to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from message_center.accounts.account import Account, AccountError
from message_center.accounts.registry import Registry
from message_center.instances.deployment import behind, live_versions
from message_center.instances.registration import deploy_current, register
from message_center.publication.preflight import find_missing
from message_center.publication.versions import Request, record
from support.events import MISSING_TABLE, content, event, push, route, status

Connection = psycopg.Connection[Any]


@pytest.fixture
def added(new_database: Callable[[str], str]) -> Iterator[Connection]:
    """The database of an account that is added after publications, not registered yet."""
    with psycopg.connect(new_database("execution"), autocommit=True) as connection:
        yield connection


def publish(control: Connection, run_id: str, **contents: dict[str, Any]) -> None:
    record(control, Request("publish", run_id, contents=contents, event_types={"order_confirmation": "Order"}))


def test_an_account_that_is_added_later_links_its_first_event(control: Connection, added: Connection) -> None:
    publish(control, "one", order=content())
    register(Account("later"), control, added)
    (id_,) = push(added, event())
    route(added)
    assert status(added, id_) == ("Pending delivery", None)
    known = control.execute("select internal_name, version from archive.message_template where account = 'later'")
    assert known.fetchall() == [("order", 1), ("order", 1)]


def test_an_instance_that_takes_events_has_its_templates(control: Connection, added: Connection) -> None:
    """Cut right before it is registered, it has them already."""
    publish(control, "one", order=content())
    added.execute("alter function message_center.register_instance rename to cut")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        register(Account("later"), control, added)
    assert live_versions(added) == {"order": 1}


def test_what_is_refused_keeps_nothing_else_away(control: Connection, added: Connection) -> None:
    publish(control, "one", a=content(), b=content() | {"enrichment": MISSING_TABLE}, c=content())
    register(Account("later"), control, added)
    assert live_versions(added) == {"a": 1, "c": 1}
    push(added, event())


@pytest.mark.usefixtures("airflow_connections")
def test_the_task_of_the_workflow_says_what_is_refused_and_heals_what_is_not(
    control: Connection, execution: Connection
) -> None:
    publish(control, "one", a=content(), b=content() | {"enrichment": MISSING_TABLE})
    with pytest.raises(AccountError, match=r"(?s)'mcTest'.*published: b: .*loyalty.*Correct the enrichment"):
        deploy_current("mcTest")
    assert live_versions(execution) == {"a": 1}
    execution.execute("create schema loyalty")
    execution.execute("create table loyalty.points (points integer)")
    deploy_current("mcTest")
    assert live_versions(execution) == {"a": 1, "b": 1}


def test_a_restored_instance_comes_up_to_what_is_current(control: Connection, added: Connection) -> None:
    publish(control, "one", order=content(subject="Old"), reset=content("password_reset"))
    register(Account("later"), control, added)
    publish(control, "two", order=content(subject="New"))
    record(control, Request("unpublish", "three", names=["reset"]))
    assert behind(control, added) == ["order", "reset"]
    register(Account("later"), control, added)
    assert live_versions(added) == {"order": 2}


def test_nothing_is_written_where_nothing_is_behind(control: Connection, added: Connection) -> None:
    publish(control, "one", order=content())
    register(Account("later"), control, added)
    ours = "select xmin::text from message_center."
    query = f"{ours}message_template union all {ours}event_type"
    before = added.execute(query).fetchall()
    register(Account("later"), control, added)
    assert added.execute(query).fetchall() == before


@pytest.mark.usefixtures("airflow_connections")
def test_the_preflight_says_where_an_instance_is_behind_and_refuses_nothing_for_it(
    control: Connection, execution: Connection
) -> None:
    publish(control, "one", order=content())
    execution.execute("select message_center.record_heartbeat('updateEventStatus', 'progress', now() + interval '1 h')")
    found = find_missing(Registry([Account("mcTest")], []))
    (told,) = (str(each) for each in found if not each.refuses)
    assert told == (
        "mcTest: has not the current versions of order. "
        "The next run of mcSynch_mcTest deploys them, or says why it can't."
    )
