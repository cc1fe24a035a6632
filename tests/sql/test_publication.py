"""Publication on control, and deployment on an execution instance: versions, atomicity, convergence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from message_center.accounts.account import Account, AccountError
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.instances.deployment import current, deploy, differences, live_versions
from message_center.publication import tasks
from message_center.publication.choice import chosen, read_folder
from message_center.publication.conditions import condition_problem
from message_center.publication.tasks import Run, record_version
from message_center.publication.versions import Publication, PublicationError, Request, record
from support.events import MISSING_TABLE, content, event, push, route, status

Connection = psycopg.Connection[Any]
TYPES = {"order_confirmation": "Order confirmed", "password_reset": "Password reset"}


def publish(control: Connection, run_id: str, **contents: dict[str, Any]) -> Publication:
    return record(control, Request("publish", run_id, contents=contents, event_types=TYPES))


def version_of(execution: Connection, event_id: int) -> tuple[int, str] | None:
    return execution.execute(
        "select t.version, t.subject from message_center.event as e"
        " join message_center.message_template as t on t.id = e.template_id where e.id = %s",
        [event_id],
    ).fetchone()


def test_a_version_is_the_number_of_the_publication_that_brought_its_content(control: Connection) -> None:
    assert publish(control, "one", order=content(), reset=content("password_reset")) == Publication(
        1, {"order": 1, "reset": 1}
    )
    assert publish(control, "two", order=content(subject="New"), reset=content("password_reset")).templates == {
        "order": 2,
        "reset": 1,
    }
    assert publish(control, "three", order=content(subject="New")).templates == {"order": 2}


def test_a_run_that_is_run_again_finds_its_publication(control: Connection) -> None:
    first = publish(control, "one", order=content())
    assert publish(control, "one", order=content(subject="changed meanwhile")) == first
    assert control.execute("select count(*) from message_center.publication").fetchone() == (1,)


def test_a_publication_says_who_and_why(control: Connection) -> None:
    record(
        control,
        Request(
            "publish", "one", "ann", "Black Friday", {"order": content()},
            override_reason="mcExec2 is being moved", missing=["mcExec2: cannot be reached"],
        ),
    )  # fmt: skip
    assert control.execute(
        "select requested_by, comment, override_reason, missing from message_center.publication"
    ).fetchone() == ("ann", "Black Friday", "mcExec2 is being moved", ["mcExec2: cannot be reached"])


def test_what_a_template_hands_on_is_deployed(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content() | {"hands_on_trace": True}, reset=content("password_reset"))
    deploy("mcTest", control, execution, ["order", "reset"])
    handing_on = execution.execute(
        "select distinct internal_name, hands_on_trace from message_center.message_template order by 1"
    )
    assert handing_on.fetchall() == [("order", True), ("reset", False)]


def test_a_publication_makes_two_templates_and_events_keep_their_version(
    control: Connection, execution: Connection
) -> None:
    publish(control, "one", order=content(subject="One"))
    assert deploy("mcTest", control, execution, ["order"]) == ["order"]
    (old,) = push(execution, event())
    route(execution)
    publish(control, "two", order=content(subject="Two"))
    assert deploy("mcTest", control, execution, ["order"]) == ["order"]
    assert deploy("mcTest", control, execution, ["order"]) == []
    (new,), (batch,) = push(execution, event()), push(execution, event(), queue="batch")
    route(execution)
    route(execution, "batch")
    assert [version_of(execution, each) for each in (old, new, batch)] == [(1, "One"), (2, "Two"), (2, "Two")]
    assert live_versions(execution) == {"order": 2}


def test_the_archive_knows_what_a_template_id_means(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content())
    deploy("mcTest", control, execution, ["order"])
    (id_,) = push(execution, event())
    route(execution)
    template_id = execution.execute("select template_id from message_center.event where id = %s", [id_]).fetchone()
    assert template_id is not None
    assert control.execute(
        "select internal_name, version, queue from archive.message_template where account = 'mcTest' and id = %s",
        template_id,
    ).fetchone() == ("order", 1, "rt")


def test_unpublishing_ends_what_comes_not_what_is_routed(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content())
    deploy("mcTest", control, execution, ["order"])
    (routed,) = push(execution, event())
    route(execution)
    record(control, Request("unpublish", "two", names=["order"]))
    assert deploy("mcTest", control, execution, ["order"]) == ["order"]
    (late,) = push(execution, event())
    route(execution)
    assert status(execution, routed)[0] == "Pending delivery"
    assert status(execution, late) == (
        "Event not taken into account",
        'no published message template for event type "order_confirmation", channel 0, in the rt queue',
    )
    with pytest.raises(PublicationError, match="Nothing to unpublish: of order, not each is published"):
        record(control, Request("unpublish", "three", names=["order"]))


def test_going_back_brings_the_old_version_under_its_own_number(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content(subject="One", fr="Un"), reset=content("password_reset"))
    deploy("mcTest", control, execution, ["order", "reset"])
    publish(control, "two", order=content(subject="Two"))
    deploy("mcTest", control, execution, ["order"])
    back = record(control, Request("rollback", "three", version=1))
    assert back == Publication(3, {"order": 1, "reset": 1})
    assert deploy("mcTest", control, execution, list(back.templates)) == ["order"]
    english, french = push(execution, event(), event(language="fr"))
    route(execution)
    assert version_of(execution, english) == (1, "One")
    assert version_of(execution, french) == (1, "Un")


def test_no_language_of_an_older_version_stays_behind(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content(subject="One", fr="Un"))
    deploy("mcTest", control, execution, ["order"])
    publish(control, "two", order=content(subject="Two"))
    deploy("mcTest", control, execution, ["order"])
    (french,) = push(execution, event(language="fr"))
    route(execution)
    assert version_of(execution, french) == (2, "Two")


def test_going_back_to_what_was_not_there_is_refused(control: Connection) -> None:
    publish(control, "one", order=content())
    publish(control, "two", reset=content("password_reset"))
    with pytest.raises(PublicationError, match=r"not each of reset was published by then \(publication 1\)\. The"):
        record(control, Request("rollback", "three", names=["reset"], version=1))
    assert publish(control, "four", order=content()).number == 3, "what is refused takes no number"


@pytest.mark.parametrize("names", [[], ["order"]])
@pytest.mark.parametrize("version", [-1, 0, 3, 4, 2**40])
def test_a_number_that_there_is_none_of_is_refused_with_those_that_there_are(
    control: Connection, version: int, names: list[str]
) -> None:
    record(control, Request("publish", "one", "ann", "First welcome", {"order": content()}))
    publish(control, "two", order=content(subject="Two"))
    control.execute("set timezone to 'UTC'")
    control.execute("update message_center.publication set published_at = '2026-11-26 22:40Z'")
    with pytest.raises(PublicationError) as refused:
        record(control, Request("rollback", "three", names=names, version=version))
    assert str(refused.value).splitlines() == [
        f"There is no publication {version} to go back to. The latest are (times in UTC):",
        "  2 · 2026-11-26 22:40 · unknown",
        "  1 · 2026-11-26 22:40 · ann · First welcome",
    ]


def test_before_the_first_publication_there_is_nothing_to_go_back_to(control: Connection) -> None:
    with pytest.raises(PublicationError, match=r"no publication 1 to go back to\. Nothing has been published yet"):
        record(control, Request("rollback", "one", version=1))


def test_a_deployment_is_atomic(control: Connection, execution: Connection) -> None:
    publish(control, "one", order=content(), reset=content("password_reset"))
    deploy("mcTest", control, execution, ["order", "reset"])
    publish(
        control, "two",
        order=content(subject="Two"), reset=content("password_reset") | {"enrichment": MISSING_TABLE},
    )  # fmt: skip
    with pytest.raises(psycopg.errors.UndefinedTable, match=r"loyalty\.points"):
        deploy("mcTest", control, execution, ["order", "reset"])
    assert live_versions(execution) == {"order": 1, "reset": 1}
    assert differences(execution, current(control, ["order", "reset"])) == [
        "order: version 1, not version 2",
        "reset: version 1, not version 2",
    ]


def test_a_slow_run_does_not_overwrite_a_newer_publication(control: Connection, execution: Connection) -> None:
    slow = publish(control, "one", order=content(subject="One"))
    newer = publish(control, "two", order=content(subject="Two"))
    deploy("mcTest", control, execution, list(newer.templates))
    deploy("mcTest", control, execution, list(slow.templates))
    assert live_versions(execution) == {"order": 2}


def test_event_types_are_an_enumeration_published_with_the_templates(
    control: Connection, execution: Connection
) -> None:
    publish(control, "one", order=content())
    deploy("mcTest", control, execution, ["order"])
    known, unknown = push(execution, event(type="password_reset"), event(type="carrier_pigeon"))
    route(execution)
    assert status(execution, known)[1] == (
        'no published message template for event type "password_reset", channel 0, in the rt queue'
    )
    assert status(execution, unknown) == ("Event not taken into account", 'unknown event type "carrier_pigeon"')
    record(
        control, Request("publish", "two", contents={"order": content()}, event_types={"order_confirmation": "Order"})
    )
    deploy("mcTest", control, execution, ["order"])
    (gone,) = push(execution, event(type="password_reset"))
    route(execution)
    assert status(execution, gone)[1] == 'unknown event type "password_reset"'


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ('$.country == "FR" && $.ctx.order > 100', None),
        ("$.ctx.order > 5000", "the template's own sample does not meet it"),
        ("$.ctx.order", "is no predicate, like $.ctx.total > 100: single boolean result is expected"),
        ("ctx.order >> 1", "is no jsonpath: syntax error"),
    ],
)
def test_a_condition_is_checked_by_postgresql(control: Connection, condition: str, problem: str | None) -> None:
    found = condition_problem(control, condition, event(country="FR"))
    assert (found is None) if problem is None else str(found).startswith(problem)


def test_what_is_recorded_is_what_was_rendered() -> None:
    params = {"templates": ["order_confirmation"]}
    with pytest.raises(AirflowFailException, match="Changed since it was rendered: order_confirmation"):
        record_version("publish", Run("run", "ann"), params, [], {"order_confirmation": "another digest"})


def test_what_cannot_be_published_is_named() -> None:
    with pytest.raises(AirflowFailException, match=r"Not there, or not active in template\.yaml: order, reset"):
        chosen(read_folder(), {"templates": ["reset", "order", "order_confirmation"]})


def test_intake_takes_the_sample_of_every_template(execution: Connection) -> None:
    samples = [
        {"type": template.event_type, **variant.sample}
        for template in read_folder().templates.values()
        for variant in template.languages.values()
    ]
    assert len(push(execution, *samples)) == len(samples) >= 5


@pytest.mark.usefixtures("airflow_connections")
def test_an_instance_that_refuses_a_template_is_named(control: Connection) -> None:
    publication = publish(control, "one", order=content() | {"enrichment": MISSING_TABLE})
    with pytest.raises(AccountError, match=r"Account 'mcTest': its database does not take .*loyalty\.points"):
        tasks.deploy("mcTest", "publish", Run("one", "ann"), {}, asdict(publication))


@pytest.mark.usefixtures("airflow_connections")
def test_a_dry_run_says_that_it_is_one_and_keeps_nothing(
    control: Connection, execution: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", Registry([Account("mcTest")]).to_json())
    run = Run("one", "ann")
    caplog.set_level("INFO", logger="message_center")

    def results(**params: Any) -> list[dict[str, Any]]:
        params["templates"] = ["order_confirmation"]
        recorded = record_version("publish", run, params, [], None)
        deployed = tasks.deploy("mcTest", "publish", run, params, recorded)
        return [recorded, deployed, tasks.verify(recorded, params)]

    assert results(dry_run=True) == [
        {"dry_run": True, "number": 1, "templates": {"order_confirmation": 1}},
        {"dry_run": True, "changed": ["order_confirmation"]},
        {"dry_run": True},
    ]
    assert len(caplog.messages) == 3
    assert all(message.startswith("Dry run, nothing is kept: ") for message in caplog.messages)
    assert control.execute("select count(*) from message_center.publication").fetchone() == (0,)
    assert live_versions(execution) == {}
    caplog.clear()
    assert results() == [
        {"number": 1, "templates": {"order_confirmation": 1}},
        {"changed": ["order_confirmation"]},
        {"mcTest": {"order_confirmation": 1}},
    ]
    assert "Dry run" not in caplog.text
