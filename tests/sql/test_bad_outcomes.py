"""A bad outcome, or a bad result of an enrichment, is refused with a reason and harms no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from message_center.queues.enrichment.work import Enrichment
from support.events import claim, deploy_template, event, log, push, route, status

Connection = psycopg.Connection[Any]

EVENTS = 6
PYTHON = {"kind": "python", "source": "shop.enrichment:add_points"}
FAILED = {"status": "Delivery failed", "failure_type": "hard", "message": "550"}
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("event_id", "status", "failure_type", "failure_reason", "message", "quarantine")
GOOD = st.sampled_from(
    [
        {"status": "Sent"},
        {"status": "Sent", "failure_type": None, "failure_reason": 0, "message": None, "quarantine": False},
        {"status": "Pending delivery"},
        {"status": "Pending delivery", "failure_type": "soft"},
        {**FAILED, "message": "\N{SNOWMAN}" * 666, "quarantine": True},
        {"status": "Ignored by the delivery", "failure_type": "ignored", "message": ""},
    ]
)
SPOILT: dict[str, dict[str, Any]] = {
    "not storable: ": {"message": "a\0b"},
    "not storable: u": {"message": "\ud83d"},
    "message is longer than 2000 bytes": {**FAILED, "message": "\N{SNOWMAN}" * 667},
    "failure_type is none of": {"failure_type": "firm"},
    "failure_reason is not": {**FAILED, "failure_reason": 32768},
    "failure_reason is not a": {**FAILED, "failure_reason": 1.5},
    "quarantine is neither": {**FAILED, "quarantine": "perhaps"},
    "status is none of": {"status": "Delivered"},
    "status is none": {"status": {"is": "Sent"}},
    "status": {"status": None},
}


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """Take back what is done within."""
    with connection.transaction(force_rollback=True):
        yield


@pytest.fixture
def claimed(execution: Connection) -> list[int]:
    deploy_template(execution)
    ids = push(execution, *[event(email=f"person{n}@shop.example") for n in range(EVENTS)])
    route(execution)
    assert claim(execution) == ids
    return ids


def raw_log(connection: Connection, outcomes: str) -> dict[int, tuple[int | None, str]]:
    """Log outcomes as an engine writes them; return id and reason of each refused one by its position."""
    query = "select position, event_id, reason from message_center.log_deliveries('engine', %s)"
    return {position: (id_, reason) for position, id_, reason in connection.execute(query, [outcomes]).fetchall()}


@pytest.mark.parametrize("reason", SPOILT)
def test_a_bad_outcome_is_refused_and_harms_no_other(execution: Connection, claimed: list[int], reason: str) -> None:
    bad = {"event_id": claimed[1], "status": "Sent"} | SPOILT[reason]
    outcomes = [{"event_id": claimed[0], "status": "Sent"}, bad, {"event_id": claimed[2], **FAILED}]
    ((position, (_, why)),) = raw_log(execution, json.dumps(outcomes)).items()
    assert position == 2
    assert why.startswith(reason.removesuffix("u"))
    rows = execution.execute("select event_id, status from message_center.delivery_log order by 1").fetchall()
    assert [status for _, status in rows[:3]] == ["Sent", "Pending delivery", "Delivery failed"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("5", "an outcome is a JSON object, not number"),
        ("null", "an outcome is a JSON object, not null"),
        ('{"status": "Sent"}', "event_id is missing"),
        ('{"status": "Sent", "event_id": 1e400000}', "an outcome is larger than 65536 bytes"),
        ('{"status": "Sent", "event_id": 9223372036854775808}', "event_id is not the id of an event"),
        ('{"status": "Sent", "event_id": "0x10"}', "event_id is not the id of an event"),
        ('{"status": "Sent", "event_id": [1]}', "event_id is not the id of an event"),
        ('{"status": "Sent", "event_id": -1}', "event_id is not the id of an event"),
    ],
)
def test_what_is_no_outcome_at_all_is_refused(execution: Connection, outcome: str, reason: str) -> None:
    assert raw_log(execution, f"[{outcome}]") == raw_log(execution, outcome) == {1: (None, reason)}


def test_the_id_of_an_event_may_be_a_string(execution: Connection, claimed: list[int]) -> None:
    assert claimed[0] > 2**53
    assert log(execution, {"event_id": str(claimed[0]), "status": "Sent"}) == []
    refused = log(execution, {"event_id": str(claimed[1]), "status": "Sent"}, {"event_id": claimed[1], **FAILED})
    assert refused == [(claimed[1], "the event has another outcome in this call")]


def test_a_bounce_is_kept_beside_an_outcome_that_is_refused(execution: Connection, claimed: list[int]) -> None:
    assert log(execution, {"event_id": claimed[0], "status": "Sent"}) == []
    refused = log(execution, {"event_id": claimed[0], "status": "Sent"}, {"event_id": claimed[0], **FAILED})
    assert refused == [(claimed[0], 'the event is already "Sent"')]


def test_no_message_is_too_long_for_an_index(execution: Connection) -> None:
    random = "select string_agg(md5(random()::text), '') from generate_series(1, 1000)"
    query = f"select message_center.qualification('soft', 20, ({random}))"
    assert execution.execute(query).fetchone()


ARBITRARY = st.tuples(
    st.integers(0, EVENTS - 1),
    GOOD,
    st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, min_size=1, max_size=3),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.permutations(range(EVENTS)),
    st.lists(GOOD, min_size=EVENTS, max_size=EVENTS),
    st.lists(st.tuples(st.integers(0, EVENTS), ANY_JSON | ARBITRARY), max_size=4),
    st.booleans(),
)
def test_among_any_outcomes_every_good_one_is_logged(
    execution: Connection,
    claimed: list[int],
    order: list[int],
    good: list[dict[str, Any]],
    others: list[tuple[int, Any]],
    as_strings: bool,
) -> None:
    """Whatever else a call says: a good outcome is logged, and what is not logged is answered with a reason."""
    outcomes: list[Any] = [{"event_id": str(claimed[n]) if as_strings else claimed[n]} | good[n] for n in order]
    told = {id(outcome) for outcome in outcomes}
    for position, other in others:
        if isinstance(other, tuple):
            # One of another event, with some fields spoilt: never a second one of the same event.
            number, outcome, fields = other
            other = {"event_id": 42 + number} | outcome | fields
        outcomes.insert(position, other)
    positions = {position for position, outcome in enumerate(outcomes, 1) if id(outcome) in told}
    with undone(execution):
        refused = raw_log(execution, json.dumps(outcomes))
        rows = dict(execution.execute("select event_id, status from message_center.delivery_log").fetchall())
    assert refused.keys() == set(range(1, len(outcomes) + 1)) - positions
    assert all(reason for _, reason in refused.values())
    assert rows == {id_: outcome["status"] for id_, outcome in zip(claimed, good, strict=True)}


@pytest.fixture
def asked(execution: Connection) -> list[int]:
    """Events that wait for a worker."""
    deploy_template(execution, enrichment=PYTHON)
    ids = push(execution, *[event() for _ in range(3)])
    route(execution)
    execution.execute("select message_center.claim_enrichments('order_confirmation', '1 h', 10)")
    return ids


def finish(connection: Connection, results: str) -> list[tuple[Any, ...]]:
    query = "select position, event_id, reason from message_center.finish_enrichments(%s)"
    return connection.execute(query, [results]).fetchall()


def test_a_bad_result_postpones_its_event_and_no_other(execution: Connection, asked: list[int]) -> None:
    results = [{"event_id": asked[0], "ctx": {"n": 1}}, {"event_id": str(asked[1]), "ctx": [5]}, 7]
    reason = "the enrichment gave a JSON array, not an object"
    assert finish(execution, json.dumps(results)) == [
        (2, asked[1], reason),
        (3, None, "a result is a JSON object, not number"),
    ]
    assert status(execution, asked[1]) == ("Pending", f"enrichment: {reason}")
    assert execution.execute("select event_id from message_center.enrichment_request").fetchall() == [(asked[2],)]
    assert route(execution)["routed"] == 1


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), ANY_JSON | st.dictionaries(st.just("event_id"), ANY_JSON)), max_size=4))
def test_among_any_results_every_good_one_is_merged(
    execution: Connection, asked: list[int], others: list[tuple[int, Any]]
) -> None:
    results: list[Any] = [{"event_id": id_, "ctx": {"n": 1}} for id_ in asked]
    for position, other in others:
        results.insert(position, other)
    with undone(execution):
        refused = finish(execution, json.dumps(results))
        row = execution.execute("select count(*) from message_center.event where ctx @> '{\"n\": 1}'").fetchone()
    assert row == (3,)
    assert all(reason for _, _, reason in refused)


async def test_a_worker_learns_what_the_database_cannot_hold(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution, enrichment=PYTHON)
    good, bad, worse = push(execution, event(ctx={"n": "a"}), event(ctx={"n": "b"}), event(ctx={"n": "c"}))
    route(execution)

    def enrich(events: Any) -> Any:
        if [e["ctx"]["n"] for e in events] == ["c"]:
            raise ValueError("\0\ud83d")
        if any(e["ctx"]["n"] == "c" for e in events):
            raise ValueError
        return [{"name": {"a": "Zoé", "b": "\0"}[e["ctx"]["n"]]} for e in events]

    async with await psycopg.AsyncConnection.connect(execution_uri, autocommit=True) as connection:
        enrichment = Enrichment("order_confirmation", enrich)
        assert await enrichment.step(connection)
    assert enrichment.counts() == {"enriched": 1, "postponed": 2}
    assert status(execution, good) == ("Pending", None)
    assert (status(execution, bad)[1] or "").startswith("enrichment: not storable")
    assert (status(execution, worse)[1] or "").startswith("enrichment: ValueError")
