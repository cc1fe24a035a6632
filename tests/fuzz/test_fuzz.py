"""
Whatever comes in harms no neighbour: thousands of inputs at random, a million when asked for.

    FUZZ_INPUTS=1000000 FUZZ_SEED=7 pytest -n 4 tests/fuzz
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import psycopg
import pytest

from fuzz.inputs import Inputs
from message_center.ctx import read_json
from message_center.rendering.bounds import bounded_memory
from message_center.rendering.email import render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.mime import wire
from message_center.rendering.template import DeployedTemplate
from message_center.sql import statement
from support.events import deploy_template, event, push_text, route

Connection = psycopg.Connection[Any]

INPUTS = int(os.environ.get("FUZZ_INPUTS", "4000"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
SET = 200
SHARDS = 4
GOOD = json.dumps(event())
CLAIM = {"engine": "engine", "lease": "5 min", "max_events": 10 * SET}
CHANNELS = (0, 1, 41, 42)
EMPTY = "truncate message_center.event, message_center.idempotency_key, message_center.delivery_log"
TEMPLATE = DeployedTemplate(1, "order", 1, "", "shop@shop.example", None, "Order", None, "Order")
EVENT = ClaimedEvent(
    1, "rt", "order", "zoe@shop.example", None, None, 0, None, None, {}, datetime(2026, 1, 1, tzinfo=timezone.utc), 1, 1
)


@pytest.fixture
def instance(execution: Connection) -> Connection:
    deploy_template(execution)
    execution.execute("set synchronous_commit = off")
    return execution


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_pushed_is_refused_alone_or_comes_to_an_engine(instance: Connection, shard: int) -> None:
    """Each call has good events first and last; what of the others is taken in can be routed, claimed and read."""

    def one_set(inputs: Inputs) -> None:
        events = [GOOD, *(inputs.event(GOOD) for _ in range(SET)), GOOD]
        results = push_text(instance, f"[{','.join(events)}]")
        assert [result["position"] for result in results] == list(range(1, len(events) + 1))
        assert all((result["id"] is None) != (not result["reason"]) for result in results), "an id or a reason"
        assert results[0]["id"]
        assert results[-1]["id"]
        route(instance)
        claims = {row[0]: row[9] for channel in CHANNELS for row in claimed(instance, channel)}
        assert {results[0]["id"], results[-1]["id"]} <= claims.keys(), "its neighbours go their way"
        assert all(isinstance(read_json(ctx), dict) for ctx in claims.values())

    in_sets(instance, shard, one_set)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_logged_is_refused_alone_or_kept(instance: Connection, shard: int) -> None:
    """Every second outcome is good, and kept."""

    def one_set(inputs: Inputs) -> None:
        push_text(instance, f"[{','.join([GOOD] * SET)}]")
        route(instance)
        ids = [row[0] for row in claimed(instance, 0)]
        spoilt, good = ids[::2], ids[1::2]
        outcomes = [*(inputs.outcome(id_) for id_ in spoilt), *(sent(id_) for id_ in good)]
        inputs.random.shuffle(outcomes)
        query = "select position, reason from message_center.log_deliveries('engine', %s)"
        refused = dict(instance.execute(query, [f"[{','.join(outcomes)}]"]).fetchall())
        assert all(refused.values()), "a reason"
        assert not [outcomes[position - 1] for position in refused if outcomes[position - 1] in set(map(sent, good))]
        count = "select count(*) from message_center.delivery_log where event_id = any(%s) and status = 'Sent'"
        assert instance.execute(count, [good]).fetchone() == (len(good),)

    in_sets(instance, shard, one_set, SET // 2)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_what_is_rendered_is_a_message_or_an_error_of_its_own(shard: int) -> None:
    inputs = Inputs(SEED + shard)
    with bounded_memory():
        for _ in range(INPUTS // SHARDS):
            source = inputs.source()
            template = replace(TEMPLATE, subject=inputs.source(), text_body=source, html_body=source)
            try:
                told = wire(render_email(template, replace(EVENT, ctx=inputs.ctx())))
            except RenderingError as error:
                told = str(error).encode()
            assert told.startswith((b"From: ", b"template order")), told[:200]


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_call_that_is_broken_is_refused_as_a_whole(instance: Connection, shard: int) -> None:
    """The text of a call with some characters changed: it is taken as it stands, or refused, and nothing is kept."""

    def one_call(inputs: Inputs) -> None:
        text = broken(inputs, f"[{GOOD}, {inputs.event(GOOD)}]")
        before = ids(instance)
        try:
            results = push_text(instance, text)
        # What cannot be encoded, no client can send.
        except (psycopg.errors.DataError, psycopg.errors.ProgramLimitExceeded, UnicodeEncodeError):
            results = []
        # An idempotency key may be that of an event pushed before.
        assert ids(instance) == before | {result["id"] for result in results if result["id"]}

    in_sets(instance, shard, one_call, 10)


def in_sets(instance: Connection, shard: int, one_set: Callable[[Inputs], None], size: int = SET) -> None:
    """Do sets of inputs until there have been enough; begin with an empty instance now and then."""
    inputs = Inputs(SEED + shard)
    for number in range(max(1, INPUTS // SHARDS // size)):
        if number % 50 == 0:
            instance.execute(EMPTY)
        one_set(inputs)


def claimed(connection: Connection, channel: int) -> list[tuple[Any, ...]]:
    return connection.execute(statement("execution/claim_deliveries"), {**CLAIM, "channel": channel}).fetchall()


def sent(event_id: int) -> str:
    return f'{{"event_id": {event_id}, "status": "Sent"}}'


def broken(inputs: Inputs, text: str) -> str:
    for _ in range(inputs.random.randint(1, 3)):
        at = inputs.random.randrange(len(text))
        text = text[:at] + inputs.random.choice(("", '"', "\\", "{", "]", ",", inputs.text())) + text[at + 1 :]
    return text


def ids(connection: Connection) -> set[int]:
    return {id_ for (id_,) in connection.execute("select id from message_center.event").fetchall()}
