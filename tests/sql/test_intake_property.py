"""Whatever is pushed: each event is judged alone, and what is taken in can be read, routed, claimed and archived."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from message_center.ctx import read_json
from message_center.sql import statement
from support.archive import archive_all, same_events, value
from support.events import claim, deploy_template, event, log, push_text, route

GOOD = json.dumps(event())
TEXT = st.one_of(
    st.text(),
    st.text(st.characters(), max_size=20).map(lambda text: text * 300),
    st.sampled_from(["", "\x00", "\ud800", "é" * 128, "漢" * 5000, "x" * 3000, "\u00a0", "a@b.c", "null", "1e5000"]),
)
NUMBERS = st.sampled_from(
    [
        "1e5000",
        "-1e131071",
        "1e-16000",
        "0e-16383",
        "1e999999",
        "1" * 5000,
        "19.90",
        "-0",
        "1E+400",
        "2",
        "41",
        "0",
        "7.0",
    ]
)
SCALARS = st.one_of(TEXT.map(json.dumps), NUMBERS, st.sampled_from(["true", "null", "[]", "{}"]))


def deep(levels: int) -> str:
    return '{"a": [' * levels + "1" + "]}" * levels


JSON = st.recursive(
    st.one_of(SCALARS, st.integers(0, 3000).map(deep)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
        st.dictionaries(TEXT.map(json.dumps), inner, max_size=3).map(
            lambda items: "{" + ",".join(f"{name}: {each}" for name, each in items.items()) + "}"
        ),
    ),
    max_leaves=8,
)
FIELDS = (
    *("type", "wished_channel", "email", "mobile_phone", "registration_token", "external_id", "origin", "language"),
    *("country", "email_format", "scheduled", "expiration", "idempotency_key", "replay_of", "ctx", "else"),
)
EVENTS = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), SCALARS, max_size=4).map(
        lambda fields: GOOD[:-1] + "".join(f', "{name}": {each}' for name, each in fields.items()) + "}"
    ),
    JSON.map(lambda ctx: f'{GOOD[:-1]}, "ctx": {{"x": {ctx}}}}}'),
    JSON,
)


@pytest.fixture
def routed(execution: psycopg.Connection) -> psycopg.Connection[Any]:
    deploy_template(execution)
    return execution


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(events=st.lists(EVENTS, max_size=6))
def test_what_is_taken_in_comes_through_and_nothing_harms_its_neighbours(
    routed: psycopg.Connection[Any], control: psycopg.Connection[Any], events: list[str]
) -> None:
    execution = routed
    results = push_text(execution, f"[{GOOD}, {','.join([*events, GOOD])}]")
    assert len(results) == len(events) + 2
    assert results[0]["id"]
    assert results[-1]["id"]
    ids = sorted(result["id"] for result in results if result["id"])
    assert all((result["id"] is None) != (result["reason"] is None) for result in results)

    for id, text in execution.execute("select id, ctx::text from message_center.event where id = any(%s)", [ids]):
        assert isinstance(read_json(text), dict), id
    route(execution)
    for channel in (0, 1, 41):
        execution.execute(statement("execution/claim_deliveries"), _claim(channel)).fetchall()
    claimed = claim(execution, max_events=100)
    assert claimed == []
    log(execution, *[{"event_id": id, "status": "Sent"} for id in ids])
    archive_all(execution, control)
    assert same_events(execution, control)
    assert value(control, "select count(*) from archive.event where id = any(%s)", ids) == len(set(ids))


def _claim(channel: int) -> dict[str, Any]:
    return {"channel": channel, "engine": "engine", "lease": "5 min", "max_events": 1000}
