"""What operators do with events: one or all that match, once, recorded, beside windows that work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from message_center.sql import statement
from support.archive import again, archive_all, value
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses
from support.statistics import check_counts

Connection = psycopg.Connection[Any]
TYPE = "order_confirmation"
ADDRESS_ACT = """
    select message_center.note_act_at_once(
        %s, gen_random_uuid(), 'ann', 'asked by phone', '{"channel": 0, "addresses": ["a@b.example"]}', 1)
"""


class Pass(NamedTuple):
    """What one call of an act did."""

    done: int
    total: int
    more: bool


def act(
    connection: Connection, kind: str, filter_: dict[str, Any], *given: Any, id_: UUID | None = None, at_once: int = 100
) -> Pass:
    places = ", ".join(["%s"] * (5 + len(given)))
    row = connection.execute(
        f"select done, total, more from message_center.{kind}_events({places})".encode(),
        [id_ or uuid4(), "ann", "wrong price", Jsonb(filter_), *given, at_once],
    ).fetchone()
    assert row is not None
    return Pass(*row)


def whole(connection: Connection, kind: str, filter_: dict[str, Any], *given: Any, at_once: int = 100) -> int:
    """Ask for an act until it has no more to do, and return how many events it took."""
    id_ = uuid4()
    while (done := act(connection, kind, filter_, *given, id_=id_, at_once=at_once)).more:
        pass
    return done.total


def failed(connection: Connection, *events: dict[str, Any]) -> list[int]:
    """Events that came to their end: their delivery has failed."""
    ids = push(connection, *events)
    route(connection)
    claim(connection, max_events=1000)
    outcome = {"status": "Delivery failed", "failure_type": "soft", "message": "451 later"}
    assert not log(connection, *({"event_id": id_, **outcome} for id_ in ids))
    update_event_statuses(connection)
    return ids


def replays(connection: Connection) -> list[tuple[Any, ...]]:
    """The replayed events: old id, address, ctx, in the order of their coming in."""
    query = "select replay_of, email, ctx from message_center.event where replay_of is not null order by id"
    return connection.execute(query.encode()).fetchall()


@pytest.fixture
def live(execution: Connection) -> Connection:
    """An instance with a template."""
    deploy_template(execution)
    return execution


def test_a_replay_is_a_new_event_with_the_content_of_the_old_one(live: Connection) -> None:
    full = event(
        email="John@shop.example", external_id="o-1", origin="shop", language="fr", country="FR", email_format=1,
        idempotency_key="k-1", ctx={"order": 1242, "note": None}, expiration="2099-01-01",
    )  # fmt: skip
    (old,) = failed(live, full)
    assert whole(live, "replay", {"ids": [str(old)]}) == 1

    columns = (
        "type, wished_channel, email, external_id, origin, language, country, email_format, ctx, expiration, queue"
    )
    query = f"select {columns} from message_center.event where id = %s".encode()
    (new,) = (value(live, "select max(id) from message_center.event where replay_of = %s", old),)
    assert live.execute(query, [new]).fetchall() == live.execute(query, [old]).fetchall()
    assert status(live, old)[0] == "Delivery failed", "history is not rewritten"
    assert route(live)["routed"] == 1
    assert claim(live) == [new], "it is sent as any other"


def test_an_expiration_that_is_past_is_left_out(live: Connection) -> None:
    (old,) = push(live, event(expiration="2020-01-01", scheduled="2019-01-01"))
    assert route(live)["expired"] == 1
    assert whole(live, "replay", {"status": "Expired"}) == 1
    assert route(live)["routed"] == 1
    assert status(live, old)[0] == "Expired"


def test_an_act_replays_each_event_once_however_often_it_is_asked_for(live: Connection) -> None:
    ids = failed(live, *(event(email=f"p{n}@shop.example") for n in range(7)))
    id_, wanted = uuid4(), {"type": TYPE, "status": "Delivery failed"}
    passes = [act(live, "replay", wanted, id_=id_, at_once=3) for _ in range(6)]
    assert [one.done for one in passes] == [3, 3, 1, 0, 0, 0]
    assert [one.more for one in passes] == [True, True, True, False, False, False]
    assert sorted(row[0] for row in replays(live)) == ids

    assert whole(live, "replay", wanted) == 7, "another act is another wish"
    assert len(replays(live)) == 14


def test_a_replay_of_all_does_not_replay_its_own_replays(live: Connection) -> None:
    push(live, *(event(type="unknown") for _ in range(3)))
    route(live)
    id_, taken = uuid4(), 0
    while (one := act(live, "replay", {"type": "unknown"}, id_=id_, at_once=2)).more:
        route(live)
        taken += one.done
    assert taken == 3
    assert value(live, "select count(*) from message_center.event") == 6


def test_what_is_under_way_or_erased_is_not_replayed_and_says_why(live: Connection) -> None:
    (gone,) = failed(live, event(email="gone@shop.example"))
    live.execute("select message_center.erase_person('gone@shop.example')")
    (pending,) = push(live, event())
    id_ = uuid4()
    assert act(live, "replay", {"ids": [gone, pending, 1]}, id_=id_).total == 0
    told = live.execute("select event_id, reason from message_center.refused_events(%s)", [id_]).fetchall()
    assert told == [
        (1, "there is no such event on this instance"),
        (gone, "its person was erased"),
        (pending, 'it is still "Pending": wait for its end, or cancel it first'),
    ]


def test_the_kill_switch_and_the_limits_hold_for_replays_too(live: Connection) -> None:
    stopped, large = failed(live, event(), event(ctx={"text": "x" * 1000}))
    live.execute("select message_center.stop_event_type(%s, 'wrong logo')", [TYPE])
    live.execute("update message_center.instance set max_ctx_bytes = 500")
    id_ = uuid4()
    assert act(live, "replay", {"ids": [stopped, large]}, id_=id_).total == 1
    told = live.execute("select event_id, reason from message_center.refused_events(%s)", [id_]).fetchall()
    assert told == [(large, "ctx is larger than 500 bytes")]
    assert route(live)["not_taken_into_account"] == 1


def test_cancelled_events_are_not_routed_and_say_who_and_why(live: Connection) -> None:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    now_one, scheduled, other = push(
        live, event(), event(scheduled=later.isoformat()), event(email="ann@shop.example", ctx={})
    )
    filter_ = {"address": "JOHN@Shop.example", "status": ["Pending"]}
    assert whole(live, "cancel", filter_, at_once=1) == 2
    assert route(live)["routed"] == 1
    assert status(live, other)[0] == "Pending delivery"
    for id_ in (now_one, scheduled):
        assert status(live, id_) == ("Event not taken into account", "cancelled by ann: wrong price")
    acts = live.execute(
        "select kind::text, requested_by, reason, filter, counted, done from message_center.operator_act"
    )
    assert acts.fetchall() == [("cancel", "ann", "wrong price", filter_, 2, 2)]


def test_what_is_no_more_in_the_queue_cannot_be_cancelled(live: Connection) -> None:
    (routed,) = push(live, event())
    route(live)
    id_ = uuid4()
    assert act(live, "cancel", {"ids": [routed]}, id_=id_).total == 0
    told = live.execute("select reason from message_center.refused_events(%s)", [id_]).fetchall()
    assert told == [('it is "Pending delivery" already, no more in the queue',)]


def test_a_schedule_is_moved_ahead_and_back(live: Connection) -> None:
    later = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=1)
    one, two = push(live, event(), event(scheduled=later.isoformat()))
    assert whole(live, "reschedule", {"ids": [one]}, later) == 1
    assert route(live)["routed"] == 0
    assert status(live, one)[1] == f"moved to {later:%Y-%m-%d %H:%M:%S}+00 by ann: wrong price"
    assert whole(live, "reschedule", {"status": "Pending"}, None) == 2
    step = live.execute("select routed, slowest_ms from message_center.route_events('rt', 10)").fetchone()
    assert step
    assert step[0] == 2
    assert status(live, two) == ("Pending delivery", None)


def test_nothing_is_moved_beyond_its_expiration(live: Connection) -> None:
    (id_,) = push(live, event(expiration="2098-01-01"))
    assert whole(live, "reschedule", {"ids": [id_]}, datetime(2099, 1, 1, tzinfo=timezone.utc)) == 0


def test_the_count_before_is_what_is_done(live: Connection) -> None:
    failed(live, *(event(email=f"p{n}@shop.example") for n in range(3)))
    push(live, event(type="other"), event(), queue="batch")
    wanted = Jsonb({"type": [TYPE], "queue": "rt"})
    count = "select matching, replayable, replayed_before, pending from message_center.count_events(%s)"
    assert live.execute(count, [wanted]).fetchone() == (3, 3, 0, 0)
    assert whole(live, "replay", {"type": [TYPE], "queue": "rt"}) == 3
    assert live.execute(count, [wanted]).fetchone() == (6, 3, 3, 3)


FILTERS: Sequence[tuple[dict[str, Any], str]] = [
    ({}, "names nothing"),
    ({"typ": "x"}, "no other keys"),
    ({"ids": ["x"]}, "no id"),
    ({"status": "sent"}, "none of Pending"),
    ({"since": "yesterday"}, "since is not"),
    ({"queue": "fast"}, "neither rt nor batch"),
]


@pytest.mark.parametrize(("filter_", "reason"), FILTERS)
def test_a_filter_that_cannot_be_meant_is_refused(live: Connection, filter_: dict[str, Any], reason: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=reason):
        act(live, "cancel", filter_)


def test_an_id_stands_for_one_act(live: Connection) -> None:
    id_ = uuid4()
    act(live, "cancel", {"type": TYPE}, id_=id_)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="is another one"):
        act(live, "cancel", {"type": "other"}, id_=id_)


def test_a_period_means_the_events_of_that_time(live: Connection) -> None:
    live.execute("""
        insert into message_center.event (queue, type, email, ctx, created_at)
        select 'rt', 'order_confirmation', 'a@shop.example', '{}', '2026-01-01'::timestamptz + n * interval '1 minute'
        from generate_series(1, 10000) as n
    """)
    period = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-03T00:00:00Z"}
    assert whole(live, "cancel", period, at_once=1000) == 1440


def test_an_event_that_a_window_has_in_hand_goes_one_way_only(live: Connection) -> None:
    """Routing has locked it and not committed: the act waits, and finds that it is not pending any more."""
    ids = push(live, *(event(email=f"p{n}@shop.example") for n in range(10)))
    with again(live) as window:
        with window.transaction():
            window.execute("select message_center.route_events('rt', 4)")
            with again(live) as operator, pytest.raises(psycopg.errors.LockNotAvailable):
                act(operator, "cancel", {"type": TYPE})
        with again(live) as operator:
            assert whole(operator, "cancel", {"type": TYPE}) == 6
    assert [status(live, id_)[0] for id_ in ids].count("Pending delivery") == 4


def test_what_acts_do_is_in_the_statistics(live: Connection) -> None:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    push(live, event(), event(), event(scheduled=later.isoformat()), event(scheduled=later.isoformat()))
    whole(live, "reschedule", {"status": "Pending"}, later)
    check_counts(live)
    whole(live, "reschedule", {"status": "Pending"}, None)
    push(live, event(email="ann@shop.example"), event(email="bob@shop.example", scheduled=later.isoformat()))
    whole(live, "cancel", {"address": "ann@shop.example"})
    whole(live, "cancel", {"address": "bob@shop.example"})
    route(live)
    check_counts(live)
    assert value(live, "select sum(events_in) from message_center.statistic_parts('-infinity')") == 6


def test_erasing_a_person_takes_them_out_of_the_acts(live: Connection) -> None:
    failed(live, event())
    whole(live, "replay", {"address": "John@shop.example"})
    live.execute("select message_center.erase_person('john@shop.example')")
    assert "john" not in json.dumps(live.execute("select filter from message_center.operator_act").fetchall()).lower()


def test_acts_and_their_events_reach_the_archive(live: Connection, control: Connection) -> None:
    """As they are while one goes on, and as they came to their end."""
    old = failed(live, *[event() for _ in range(3)])
    id_ = uuid4()
    assert act(live, "replay", {"ids": old}, id_=id_, at_once=2).more
    live.execute(ADDRESS_ACT, ["quarantine"])
    live.execute(ADDRESS_ACT, ["release"])
    archive_all(live, control)
    of_acts = (
        "select id, act, kind::text, requested_by, reason, filter, done, finished_at from {}.operator_act order by id"
    )
    of_events = "select id, act, event_id, new_event_id, refused, modified_xid from {}.operator_act_event order by id"

    def both(query: str) -> list[list[tuple[Any, ...]]]:
        sides = ((live, "message_center"), (control, "archive"))
        return [side.execute(query.format(schema).encode()).fetchall() for side, schema in sides]

    for query, rows in ((of_acts, 3), (of_events, 2)):
        here, there = both(query)
        assert (len(here), there) == (rows, here)
    while act(live, "replay", {"ids": old}, id_=id_, at_once=2).more:
        pass
    archive_all(live, control)
    for query, rows in ((of_acts, 3), (of_events, 3)):
        here, there = both(query)
        assert (len(here), there) == (rows, here)
    assert value(control, "select count(*) from archive.operator_act where extra is not null") == 0


def test_ids_of_acts_are_the_instances_own_and_none_is_given_twice(live: Connection, control: Connection) -> None:
    live.execute(ADDRESS_ACT, ["release"])
    first = value(live, "select id from message_center.operator_act")
    assert first >> 56 == value(live, "select instance_identifier from message_center.instance")
    control.execute(
        "insert into message_center.execution_instance (account, instance_identifier, database_identity)"
        " values ('mcTest', %s, 'x')",
        [first >> 56],
    )
    archive_all(live, control)
    control.execute("update archive.operator_act set id = id + 1000")
    row = control.execute(statement("control/max_archived_ids"), {"account": "mcTest"}).fetchone()
    assert row is not None
    live.execute("select message_center.rebase_after_restore(%s)", [Jsonb(row[0])])
    live.execute(ADDRESS_ACT, ["release"])
    assert value(live, "select max(id) from message_center.operator_act") == first + 1001
