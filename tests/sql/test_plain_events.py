"""An event that is pushed alone, and is plain, takes a shorter way: to the same result, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from fuzz.inputs import Inputs
from support.addresses import BADLY_FORMED, WELL_FORMED
from support.events import event, push_text

Connection = psycopg.Connection[Any]

LOOK = """
    select message_center.is_plain(e::jsonb, 1048576),
        message_center.refusal_reason(e::jsonb, 1, 2, 1048576, 64::smallint, 'lax $.**{65}')
    from unnest(%s::text[]) as e
    where pg_input_is_valid(e, 'jsonb')
"""
STORED = """
    select (to_jsonb(e) - '{id, created_at, modified_at, modified_xid}'::text[])::text
    from message_center.event as e where e.id = any(%s) order by e.id
"""
GOOD = event(external_id="order-1242", language="en", country="GB", origin="shop")
FIELDS = ("type", "wished_channel", "email", "external_id", "origin", "language", "country", "ctx", "traceparent")
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    1,
    7,
    -1,
    "",
    "0",
    "x",
    "x" * 254,
    "x" * 255,
    "x" * 256,
    "é" * 128,
    [],
    ["x"],
    [["x"]],
    {},
    {"a": 1},
)
SELDOM = (
    "mobile_phone",
    "registration_token",
    "email_format",
    "scheduled",
    "expiration",
    "idempotency_key",
    "replay_of",
)


def looks(instance: Connection, *events: Any) -> list[tuple[bool, str | None]]:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return instance.execute(LOOK, [texts]).fetchall()


def outcome(instance: Connection, text: str, queue: str = "rt") -> tuple[list[str | None], list[Any]]:
    """Push a call; return the reasons that it is answered, and what is stored of it."""
    results = push_text(instance, text, queue)
    ids = [result["id"] for result in results]
    return [result["reason"] for result in results], [row for (row,) in instance.execute(STORED, [ids])]


def test_what_shops_push_is_plain(execution: Connection) -> None:
    traced = {**GOOD, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "wished_channel": 0}
    assert looks(execution, event(), GOOD, traced) == [(True, None)] * 3


def test_what_is_seldom_is_not_plain(execution: Connection) -> None:
    assert not any(is_plain for is_plain, _ in looks(execution, *({**GOOD, name: "x"} for name in (*SELDOM, "else"))))


def test_what_is_no_object_is_not_plain(execution: Connection) -> None:
    others: tuple[Any, ...] = (5, None, True, "ctx", [], ["type", "email", "ctx"], [GOOD], {})
    assert not any(is_plain for is_plain, _ in looks(execution, *others))


@pytest.mark.parametrize("queue", ["rt", "batch"])
def test_an_event_becomes_the_same_in_either_queue(execution: Connection, queue: str) -> None:
    text = json.dumps(GOOD)
    push_text(execution, text)
    reasons, stored = outcome(execution, text, queue)
    assert (reasons, stored) == outcome(execution, f"[{text}]", queue)
    assert [json.loads(row)["queue"] for row in stored] == [queue]


def test_an_event_without_a_queue_goes_to_none(execution: Connection) -> None:
    text = json.dumps(GOOD)
    push_text(execution, text)  # a session's first call looks at more
    for each in (text, f"[{text}]"):
        with pytest.raises(psycopg.errors.IntegrityError):
            execution.execute("select * from message_center.push_events(null, %s::json)", [each])


@pytest.mark.parametrize("field", FIELDS)
def test_alone_or_in_an_array_an_event_becomes_the_same(execution: Connection, field: str) -> None:
    for value in VALUES:
        text = json.dumps({**GOOD, field: value})
        assert outcome(execution, text) == outcome(execution, f"[{text}]"), text


@pytest.mark.parametrize("number", ["0.0", "-0", "0e0", "1e0", "41", "1e5000"])
def test_a_channel_is_one_number_in_one_form(execution: Connection, number: str) -> None:
    text = f'{json.dumps(GOOD)[:-1]}, "wished_channel": {number}}}'
    assert outcome(execution, text) == outcome(execution, f"[{text}]")


def test_addresses_are_judged_the_same(execution: Connection) -> None:
    addresses = [*WELL_FORMED, *BADLY_FORMED, "john@shop.example\n", "\njohn@shop.example", "a@b.c1", "a@b.1"]
    for address in addresses:
        text = json.dumps({**GOOD, "email": address})
        assert outcome(execution, text) == outcome(execution, f"[{text}]"), address


@pytest.mark.parametrize("levels", [1, 30, 31, 32, 33, 60, 400, 1000])
@pytest.mark.parametrize("bytes_", [10, 200, 1_048_576])
def test_limits_are_the_same(execution: Connection, levels: int, bytes_: int) -> None:
    execution.execute("update message_center.instance set max_ctx_bytes = %s", [bytes_])
    for ctx in ('{"a": [' * levels + "1" + "]}" * levels, f'{{"a": "{"x" * levels}"}}', f'{{"a": 1e{levels}}}'):
        text = f'{json.dumps(GOOD)[:-1]}, "ctx": {ctx}}}'
        assert outcome(execution, text) == outcome(execution, f"[{text}]"), text


def test_what_is_plain_is_not_refused(execution: Connection) -> None:
    inputs = Inputs(8)
    events = [inputs.event(json.dumps(GOOD)) for _ in range(3000)]
    found = looks(execution, *(each for each in events if "\\u0000" not in each))
    assert sum(is_plain for is_plain, _ in found) > 100
    # How deep it is, push_plain asks: few are long enough for that.
    refused = {reason for is_plain, reason in found if is_plain}
    assert refused <= {None, "ctx is nested deeper than 64 levels"}


def test_what_comes_alone_is_answered_as_in_an_array(execution: Connection) -> None:
    inputs = Inputs(9)
    for _ in range(150):
        text = inputs.event(json.dumps(GOOD))
        if text.lstrip().startswith("{"):
            assert outcome(execution, text) == outcome(execution, f"[{text}]"), text
