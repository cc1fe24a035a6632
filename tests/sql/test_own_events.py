"""What a caller sees is looked up by the tables' indexes, and has each column that the table gets."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from support.doors import add_caller
from support.events import event, push

Connection = psycopg.Connection[Any]


@pytest.mark.parametrize(
    "condition",
    [
        "o.id = 7",
        "(o.event).external_id = 'o-1'",
        "lower((o.event).email) = lower('John@shop.example')",
        "(o.event).mobile_phone = '+33612345678'",
    ],
)
def test_own_events_is_put_into_the_statement_that_reads_it(execution: Connection, condition: str) -> None:
    push(execution, event())
    execution.execute("set enable_seqscan = off")
    query = f"explain select from message_center.own_events('shop') as o where {condition}"
    plan = "\n".join(line for (line,) in execution.execute(query.encode()))
    assert "Index Cond" in plan, plan
    assert "Function Scan" not in plan
    assert "caller = 'shop'" in plan


def test_a_column_that_the_table_gets_is_there(execution: Connection) -> None:
    add_caller(execution)
    execution.execute(
        "select message_center.push_events_of('shop', 'rt', %s::json)",
        ['[{"type": "x", "email": "a@b.example", "ctx": {}}]'],
    )
    read = "select message_center.event_of('shop', max(id)) from message_center.event"
    find = "select event from message_center.events_by_address('shop', 'a@b.example', 1)"
    act = """select a.is_known, a.reason from message_center.act_on_event_of(
        'shop', 'replay', gen_random_uuid(), (select max(id) from message_center.event), null) as a"""
    before = [execution.execute(query).fetchall() for query in (read, find, act)]
    execution.execute("alter table message_center.event add column later text default 'x'")
    after = [execution.execute(query).fetchall() for query in (read, find, act)]
    assert after[1:] == before[1:]
    assert after[0][0][0] == {**before[0][0][0], "later": "x"}


@pytest.mark.parametrize(
    ("function", "value"), [("events_by_external_id", "o-1"), ("events_by_address", "JOHN@shop.example")]
)
def test_a_search_finds_the_newest_first_and_none_of_another(execution: Connection, function: str, value: str) -> None:
    pushed = json.dumps([event(external_id="o-1")] * 3)
    push_of = "select id from message_center.push_events_of(%s, 'rt', %s::json) order by id desc"
    newest = [id_ for (id_,) in execution.execute(push_of, ["shop", pushed]).fetchall()]
    execution.execute(push_of, ["bank", pushed])
    find = f"select (event ->> 'id')::bigint from message_center.{function}('shop', %s, %s)".encode()
    for most in (2, 3, 100):
        assert [id_ for (id_,) in execution.execute(find, [value, most]).fetchall()] == newest[:most]
