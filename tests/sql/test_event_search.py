"""A search finds an event once, wherever it is, and its pages hold still while events come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from message_center.events import places as place_texts
from message_center.events.acts import Act, Kind, count, perform
from message_center.events.errors import AskedError
from message_center.events.filters import EventFilter
from message_center.events.search import Found, Row, find_archived, find_live, merged, page_of
from message_center.sql import statement
from support.archive import archive_all
from support.events import deploy_template, event, push, route
from support.shop import register

Connection = psycopg.Connection[Any]
TYPE = "order_confirmation"


class Instances:
    """Two instances and their archive."""

    def __init__(self, control: Connection, **execution: Connection) -> None:
        self.control, self.execution = control, execution

    def page(
        self, wanted: EventFilter, places: Mapping[str, int | None] | None = None, limit: int = 10
    ) -> tuple[list[Row], dict[str, int | None]]:
        places = dict.fromkeys(self.execution) if places is None else places
        archived = find_archived(self.control, wanted, places, limit)
        found: dict[str, Found] = {
            account: find_live(self.execution[account], wanted, before, limit, archived[account])
            for account, before in places.items()
        }
        return page_of(found, places, limit)

    def pages(self, wanted: EventFilter, limit: int = 10, between: Callable[[], object] = lambda: None) -> list[Row]:
        rows, places = self.page(wanted, limit=limit)
        while places:
            between()
            more, places = self.page(wanted, place_texts.from_text(place_texts.to_text(places) or ""), limit)
            rows += more
        return rows

    def archive(self) -> None:
        for account, execution in self.execution.items():
            archive_all(execution, self.control, account)
            (templates,) = execution.execute(statement("execution/deployed_templates"), {"names": [TYPE]}).fetchall()
            noted = {"account": account, "templates": Jsonb(templates[0])}
            self.control.execute(statement("control/note_deployed_templates"), noted)


@pytest.fixture
def instances(control: Connection, execution: Connection, new_database: Callable[[str], str]) -> Iterator[Instances]:
    with psycopg.connect(new_database("execution"), autocommit=True) as other:
        other.execute("select message_center.register_instance('mcOther', 127::smallint)")
        for account, database in (("mcTest", execution), ("mcOther", other)):
            deploy_template(database)
            register(control, database, account)
        yield Instances(control, mcTest=execution, mcOther=other)


def purge(execution: Connection) -> None:
    """Delete what is at its end, as a purge does a month later."""
    execution.execute("delete from message_center.event where status not in ('Pending', 'Pending delivery')")


def test_pages_are_over_all_instances_and_hold_still(instances: Instances) -> None:
    ids = []
    for n in range(12):
        database = instances.execution["mcTest" if n % 3 else "mcOther"]
        ids += push(database, event(external_id=f"o-{n}"), event(type="other"))[:1]
    instances.archive()

    def somebody_pushes() -> None:
        push(instances.execution["mcTest"], event(external_id="new"))

    rows = instances.pages(EventFilter(types=[TYPE]), 5, somebody_pushes)
    assert [row["id"] for row in rows] == ids[::-1], "the newest first, once, and nothing new in between"


def test_the_live_event_is_shown_where_there_are_two(instances: Instances) -> None:
    execution = instances.execution["mcTest"]
    push(execution, event(), event(email="ann@shop.example"))
    instances.archive()
    route(execution)
    rows, _ = instances.page(EventFilter(types=[TYPE]))
    assert {(row["status"], row["is_live"], row["template"]) for row in rows} == {("Pending delivery", True, TYPE)}
    rows, _ = instances.page(EventFilter(statuses=["Pending"]))
    assert rows == [], "the archive says so still, and is not asked about what is here"


def test_what_is_purged_is_found_in_the_archive(instances: Instances) -> None:
    execution = instances.execution["mcTest"]
    gone = push(execution, event(type="unknown", email="Zoë@Shop.example", external_id="o-1"))
    route(execution)
    instances.archive()
    purge(execution)
    kept = push(execution, event(type="unknown", email="zoë@shop.example"))
    rows, _ = instances.page(EventFilter(address=" ZOË@shop.EXAMPLE"))
    assert [(row["id"], row["is_live"]) for row in rows] == [(kept[0], True), (gone[0], False)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EventFilter(external_id="o-1"), {1}),
        (EventFilter(address="+33612345678"), {2}),
        (EventFilter(address="token"), {3}),
        (EventFilter(queue="batch"), {4}),
        (EventFilter(channel=1, queue="rt"), {2}),
        (EventFilter(templates=[TYPE]), {0, 1}),
        (EventFilter(types=["sms", "push"]), {2, 3, 4}),
        (EventFilter(statuses=["Event not taken into account"], types=["push"]), {3}),
    ],
)
@pytest.mark.parametrize("purged", [False, True])
def test_each_key_of_a_filter_means_the_same_live_and_archived(
    instances: Instances, wanted: EventFilter, found: set[int], purged: bool
) -> None:
    execution = instances.execution["mcTest"]
    ids = push(
        execution,
        event(),
        event(external_id="o-1"),
        event(type="sms", wished_channel=1, mobile_phone="+33612345678"),
        event(type="push", wished_channel=42, registration_token="token"),
    )
    ids += push(execution, event(type="sms", wished_channel=1, mobile_phone="+1"), queue="batch")
    route(execution)
    if purged:
        instances.archive()
        execution.execute("delete from message_center.event")
    rows, _ = instances.page(wanted)
    assert {ids.index(row["id"]) for row in rows} == found


def test_a_period_is_found_in_the_archive(instances: Instances) -> None:
    instances.execution["mcTest"].execute("""
        insert into message_center.event (queue, type, email, ctx, status, status_reason, created_at)
        select 'rt', 'a', 'a@shop.example', '{}', 'Expired', '-', '2026-01-01'::timestamptz + n * interval '1 hour'
        from generate_series(1, 1000) as n
    """)
    instances.archive()
    purge(instances.execution["mcTest"])
    assert len(instances.pages(_period("2026-01-10", "2026-01-12"), 20)) == 48
    assert instances.pages(_period("2027-01-10", "2027-01-12"), 20) == []


def _period(since: str, until: str) -> EventFilter:
    return EventFilter(
        since=datetime.fromisoformat(since).replace(tzinfo=timezone.utc),
        until=datetime.fromisoformat(until).replace(tzinfo=timezone.utc),
    )


@pytest.mark.parametrize("text", ["", "x", "W10=", "eyJhIjoieCJ9"])
def test_a_damaged_place_is_refused(text: str) -> None:
    with pytest.raises(AskedError, match="damaged"):
        place_texts.from_text(text)


def act(kind: Kind, wanted: EventFilter) -> Act:
    return Act(uuid4(), kind, "ann", "wrong price", wanted)


def test_what_is_purged_is_replayed_from_the_archive_and_once(instances: Instances) -> None:
    execution, control = instances.execution["mcTest"], instances.control
    old = push(execution, *(event(type="unknown", email=f"p{n}@shop.example", ctx={"n": n}) for n in range(5)))
    route(execution)
    instances.archive()
    execution.execute("delete from message_center.event where id = any(%s)", [old[:3]])
    wanted = EventFilter(types=["unknown"])
    counted = count(execution, control, "mcTest", wanted)
    assert (counted.replayable, counted.purged, counted.is_all) == (2, 3, True)

    asked = act("replay", wanted)
    assert perform(asked, execution, control, "mcTest").total == 5
    assert perform(asked, execution, control, "mcTest").done == 0
    replays = "select replay_of, email, ctx from message_center.event where replay_of is not null order by replay_of"
    assert execution.execute(replays).fetchall() == [(id_, f"p{n}@shop.example", {"n": n}) for n, id_ in enumerate(old)]


def test_a_long_act_is_gone_on_with(instances: Instances, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("message_center.events.acts.PASS_EVENTS", 2)
    monkeypatch.setattr("message_center.events.acts.MAX_CALL_CHARACTERS", 1)
    execution, control = instances.execution["mcTest"], instances.control
    old = push(execution, *(event(type="unknown", email=f"p{n}@shop.example") for n in range(9)))
    route(execution)
    instances.archive()
    execution.execute("delete from message_center.event where id = any(%s)", [old[:5]])
    asked, calls = act("replay", EventFilter(types=["unknown"])), 1
    while (progress := perform(asked, execution, control, "mcTest", seconds=0)).more:
        calls += 1
    assert (progress.total, calls > 6) == (9, True)
    replayed = execution.execute("select replay_of from message_center.event where replay_of is not null order by 1")
    assert [row[0] for row in replayed] == old


def test_what_is_pending_is_cancelled_wherever_it_is_asked_for(instances: Instances) -> None:
    execution = instances.execution["mcOther"]
    push(execution, event(), event(email="ann@shop.example"))
    assert perform(act("cancel", EventFilter(address="ANN@shop.example")), execution, None, "mcOther").total == 1


def row(id_: int, minute: int) -> Row:
    return {"id": id_, "created_at": datetime(2026, 1, 1, 0, minute, tzinfo=timezone.utc)}


def test_a_page_ends_where_an_account_may_have_something_newer_below() -> None:
    """Of a, only what is above 5 is known, so that b's older events have to wait for the next page."""
    found = {
        "a": merged([row(9, 40)], [row(5, 30), row(6, 31)][::-1], 2, {9, 6, 5}),
        "b": merged([row(8, 20), row(7, 10)], [], 3, set()),
    }
    page, places = page_of(found, {"a": None, "b": None}, 10)
    assert [each["id"] for each in page] == [9]
    assert places == {"a": 5, "b": None}
    rest, places = page_of({"a": merged([], [], 2, set()), "b": found["b"]}, places, 10)
    assert ([each["id"] for each in rest], places) == ([8, 7], {})
