"""People look for the events of somebody: by an address in whatever case, or by their own system's id."""

from __future__ import annotations

from typing import Any

import psycopg

from support.events import event, push

Connection = psycopg.Connection[Any]

MANY = """
insert into message_center.event
    (queue, type, wished_channel, email, mobile_phone, registration_token, external_id, ctx)
select 'rt', 'order_confirmation', n % 2, 'person' || n || '@shop.example', '+336' || n, 'token' || n, 'order' || n,
    jsonb_build_object('order', repeat('x', 100))
from generate_series(1, 60000) as n
"""
SEARCH = "select id from message_center.event where "
CONDITIONS = {
    "lower(email) = lower(%s)": "Person4711@SHOP.example",
    "mobile_phone = %s": "+3364711",
    "registration_token = %s": "token4711",
    "external_id = %s": "order4711",
}


def pages_read(database: Connection, query: str, value: str) -> int:
    explain = "explain (analyze, buffers, timing off, summary off, format json) "
    ((plan,),) = database.execute((explain + query).encode(), [value]).fetchall()
    return int(plan[0]["Plan"]["Shared Hit Blocks"]) + int(plan[0]["Plan"]["Shared Read Blocks"])


def test_a_search_reads_a_few_pages_of_many(execution: Connection) -> None:
    execution.execute(MANY)
    execution.execute("vacuum analyze message_center.event")
    (pages,) = execution.execute("select pg_relation_size('message_center.rt_event') / 8192").fetchone() or (0,)
    for condition, value in CONDITIONS.items():
        query = SEARCH + condition
        assert len(execution.execute(query.encode(), [value]).fetchall()) == 1, condition
        assert pages_read(execution, query, value) < pages / 4, condition


def test_what_comes_after_is_found_too(execution: Connection) -> None:
    execution.execute(MANY)
    execution.execute("vacuum analyze message_center.event")
    ids = push(execution, event(email="Ann@shop.example", external_id="a-1"), event(email="bob@shop.example"))
    query = SEARCH + "lower(email) = lower(%s)"
    assert execution.execute(query.encode(), ["ANN@shop.example"]).fetchall() == [(ids[0],)]
    execution.execute("update message_center.event set email = 'eve@shop.example' where id = %s", [ids[1]])
    assert execution.execute(query.encode(), ["eve@shop.example"]).fetchall() == [(ids[1],)]
