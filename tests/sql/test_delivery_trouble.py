"""Trouble that a mail server makes stays with those whom it concerns; the rest goes on, at the server's own pace."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import psycopg
import pytest

from message_center.delivery.errors import DeliveryError
from support.delivery import deliver, logs, new_template, pending_delivery, quarantine
from support.smtp import Sink, smtp_server

NOT_ALLOWED = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"


async def test_a_refused_sender_holds_up_no_other(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.refused_senders["wrong@shop.example"] = NOT_ALLOWED
    wrong = new_template(execution, sender="wrong@shop.example")
    pending_delivery(execution, wrong, *(f"w{n}@a.example" for n in range(100)))
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(20)))

    counts = await deliver(execution_uri, 20, until=120)

    assert (counts["sent"], counts["postponed"], counts["server_reconnects"]) == (20, 100, 0)
    assert sink.refusals <= 4, "each session asks once at most, and then no more for a minute"
    assert "5.7.60" in logs(execution)["w99@a.example"]["message"]
    assert quarantine(execution) == set()


async def test_a_blocked_host_fails_no_message_and_is_not_hammered(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.replies["n"] = "554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org"
    pending_delivery(execution, template, *(f"n.{n}@a.example" for n in range(200)))
    with pytest.raises(DeliveryError, match="RCPT TO: the server replied 554"):
        await deliver(execution_uri, 4)
    assert sink.refusals < 60
    assert {row["status"] for row in logs(execution).values()} == {"Pending delivery"}
    assert quarantine(execution) == set()


async def test_one_recipient_whom_the_server_will_not_relay_to_holds_up_nobody(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.replies["relay"] = "554 5.7.1 <{address}>: Relay access denied"
    addresses = [f"relay.{n}@b.example" if n % 4 == 0 else f"n{n}@a.example" for n in range(200)]
    pending_delivery(execution, template, *addresses)
    counts = await deliver(execution_uri, 20, until=200)
    assert (counts["sent"], counts["postponed"], counts["server_reconnects"]) == (150, 50, 0)


@pytest.mark.parametrize("reply", ["421 4.3.2 Service shutting down", "452 4.5.3 Error: too many recipients"])
async def test_a_message_that_a_session_ends_with_is_sent_over_the_next_one(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int, reply: str
) -> None:
    pending_delivery(execution, template, "once.zoe@a.example", *(f"n{n}@a.example" for n in range(20)))
    sink.end_session_at = {"once.zoe@a.example": reply}
    await deliver(execution_uri, 20, until=21)
    found = logs(execution)
    assert Counter(row["status"] for row in found.values()) == {"Sent": 21}
    assert found["once.zoe@a.example"]["tries"] == 1


async def test_a_server_gets_what_it_takes_and_no_refusal_costs_a_try(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.max_a_second = 40
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(300)))
    counts = await deliver(execution_uri, 8)
    assert counts["sent"] >= 140, "half of what the server takes in seven seconds, on however busy a machine"
    assert sink.refusals < counts["sent"] / 2
    found = logs(execution)
    assert not any(row["message"] for row in found.values() if row["status"] == "Pending delivery")
    assert {row["tries"] for row in found.values()} <= {0, 1}


async def test_limits_of_the_connection_are_kept(
    execution: psycopg.Connection,
    execution_uri: str,
    sink: Sink,
    template: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink.extra = {"max_messages_per_second": 50, "max_messages_per_second_by_domain": {"Slow.example": 4}}
    monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", sink.connection)
    pending_delivery(execution, template, *(f"s{n}@slow.example" for n in range(60)))
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(60)))
    began = time.monotonic()
    await deliver(execution_uri, 4)
    took = time.monotonic() - began
    to = Counter(recipient.partition("@")[2] for _, recipient in sink.received)
    assert to["a.example"] == 60, "a slow domain holds up no other"
    assert 4 <= to["slow.example"] <= 4 * took + 2
    steps = [later - earlier for earlier, later in zip(sink.times, sink.times[50:], strict=False)]
    assert min(steps) > 0.8, "no fifty-one in a second"


@pytest.mark.parametrize(
    ("field", "value"), [("max_messages_per_second", "many"), ("max_sessions", 0), ("max_messages_per_second", -1)]
)
async def test_a_limit_that_is_none_is_named(
    execution_uri: str, sink: Sink, monkeypatch: pytest.MonkeyPatch, field: str, value: object
) -> None:
    sink.extra = {field: value}
    monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", sink.connection)
    with pytest.raises(DeliveryError, match=f"test_smtp.*{field}.*Admin > Connections"):
        await deliver(execution_uri)


async def test_a_server_that_takes_one_session_gets_no_more(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.max_sessions = 1
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(100)))
    counts = await deliver(execution_uri, 20, until=100)
    assert counts["sent"] == 100
    assert {row["tries"] for row in logs(execution).values()} == {1}


async def test_a_database_that_is_read_only_for_a_while_has_nobody_get_a_message_twice(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(300)))
    sink.seconds_a_message = 0.01
    window = asyncio.create_task(deliver(execution_uri, 30, until=300))
    while len(sink.received) < 50:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.01)
    for setting, seconds in (("on", 3), ("off", 0)):
        with psycopg.connect(execution_uri, autocommit=True) as connection:
            connection.execute("set default_transaction_read_only = off")
            connection.execute(f"alter system set default_transaction_read_only = {setting}")
            connection.execute("select pg_reload_conf()")
        await asyncio.sleep(seconds)
    await window
    assert len(sink.message_ids) == len(set(sink.message_ids)) == 300


@pytest.mark.parametrize(("is_offered", "statuses"), [(True, {"Sent": 3}), (False, {"Sent": 2, "Delivery failed": 1})])
async def test_an_international_address_gets_its_message_or_is_refused_in_words(
    execution: psycopg.Connection,
    execution_uri: str,
    template: int,
    monkeypatch: pytest.MonkeyPatch,
    is_offered: bool,
    statuses: dict[str, int],
) -> None:
    with smtp_server(enable_smtputf8=is_offered) as sink:
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", sink.connection)
        pending_delivery(execution, template, "zoe@bücher.example", "zoé@a.example", "tom@a.example")
        await deliver(execution_uri, 20, until=3)
        found = logs(execution)
        assert Counter(row["status"] for row in found.values()) == statuses
        assert ("shop@shop.example", "zoe@xn--bcher-kva.example") in sink.received
        assert is_offered or "SMTPUTF8" in found["zoé@a.example"]["message"]
        assert quarantine(execution) == set()
