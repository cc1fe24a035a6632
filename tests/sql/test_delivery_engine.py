"""The e-mail engine on a real PostgreSQL, in a real SMTP conversation."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from email import message_from_bytes

import psycopg
import pytest

from message_center.delivery.errors import DeliveryError
from support.delivery import deliver, logs, new_template, pending_delivery, quarantine
from support.events import claim, log
from support.ports import free_port
from support.smtp import Sink
from support.waiting import until


async def test_each_recipient_gets_the_outcome_that_its_server_says(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(
        execution, template, "zoe@a.example", "unknown@a.example", "policy@a.example", "plain@a.example",
        "busy@a.example", "full@a.example", "quarantined@a.example",
    )  # fmt: skip
    execution.execute(
        "insert into message_center.quarantine (wished_channel, address) values (0, 'quarantined@a.example')"
    )

    counts = await deliver(execution_uri, 20, until=7)

    found = logs(execution)
    assert {address.partition("@")[0]: row["status"] for address, row in found.items()} == {
        "zoe": "Sent",
        "unknown": "Delivery failed",
        "policy": "Pending delivery",
        "plain": "Delivery failed",
        "busy": "Pending delivery",
        "full": "Pending delivery",
        "quarantined": "Ignored by the delivery",
    }
    assert (counts["sent"], counts["failed"], counts["postponed"], counts["refused"]) == (1, 2, 3, 0)
    assert quarantine(execution) == {"unknown@a.example", "plain@a.example", "quarantined@a.example"}
    assert sink.received == [("shop@shop.example", "zoe@a.example")]
    unknown = found["unknown@a.example"]
    assert (unknown["failure_type"], unknown["failure_reason"]) == ("hard", 1)
    assert unknown["message"] == "550 5.1.1 <address>: user unknown (session <id>)"
    full = found["full@a.example"]
    assert (full["failure_type"], full["failure_reason"], full["tries"]) == ("soft", 5, 1)


async def test_a_template_that_says_so_hands_on_the_trace_of_its_event(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    handing_on = new_template(execution, "Hello")
    execution.execute("update message_center.message_template set hands_on_trace = true where id = %s", [handing_on])
    pending_delivery(execution, template, "silent@a.example")
    pending_delivery(execution, handing_on, "zoe@a.example", "odd@a.example", "none@a.example")
    for name, value in (("silent", trace), ("zoe", trace), ("odd", "00-Bcc: eve@a.example")):
        execution.execute(
            "update message_center.event set traceparent = %s where email = %s", [value, f"{name}@a.example"]
        )
    await deliver(execution_uri, 20, until=4)
    sent = [message_from_bytes(source) for source in sink.sources]
    assert {message["To"]: message["traceparent"] for message in sent} == {
        "silent@a.example": None, "zoe@a.example": trace, "odd@a.example": None, "none@a.example": None
    }  # fmt: skip


async def test_a_refused_content_fails_the_event_and_spares_the_address(
    execution: psycopg.Connection, execution_uri: str, sink: Sink
) -> None:
    pending_delivery(execution, new_template(execution, "content-refused"), "zoe@a.example")
    await deliver(execution_uri, 20, until=1)
    assert logs(execution)["zoe@a.example"]["status"] == "Delivery failed"
    assert quarantine(execution) == set()


@pytest.mark.parametrize("reply", ["550 5.1.0 sender rejected", "451 4.7.1 slow down"])
async def test_a_refused_sender_quarantines_nobody_and_fails_the_window(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int, reply: str
) -> None:
    pending_delivery(execution, template, "zoe@a.example", "tom@a.example")
    sink.refuse_sender = reply
    with pytest.raises(DeliveryError, match=r"mcTest.*MAIL FROM.*test_smtp"):
        await deliver(execution_uri)
    assert {row["status"] for row in logs(execution).values()} == {"Pending delivery"}
    assert quarantine(execution) == set()


async def test_a_template_that_does_not_render_fails_only_its_event(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(execution, template, "broken@a.example", other="x")
    pending_delivery(execution, template, "zoe@a.example")
    await deliver(execution_uri, 20, until=2)
    found = logs(execution)
    assert found["zoe@a.example"]["status"] == "Sent"
    assert found["broken@a.example"]["status"] == "Delivery failed"
    assert "'name'" in found["broken@a.example"]["message"]
    assert quarantine(execution) == set()


async def test_a_broken_session_costs_nobody_the_message(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(50)))
    sink.drop_sessions_of.update({"n6@a.example": 1, "n7@a.example": 10})
    await deliver(execution_uri, 20, until=50)
    found = logs(execution)
    assert found["n6@a.example"]["tries"] == 1, "it is sent at once over a new session"
    assert Counter(row["status"] for row in found.values()) == {"Sent": 49, "Pending delivery": 1}
    assert found["n7@a.example"]["failure_type"] == "soft"
    assert quarantine(execution) == set()


async def test_without_a_server_nothing_is_claimed_and_the_window_says_what_to_do(
    execution: psycopg.Connection, execution_uri: str, template: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", Sink(port=free_port()).connection)
    pending_delivery(execution, template, "zoe@a.example")
    with pytest.raises(DeliveryError, match=r"mcTest.*test_smtp.*Admin > Connections"):
        await deliver(execution_uri)
    assert logs(execution) == {}


async def test_without_a_database_the_window_says_what_to_do(sink: Sink) -> None:
    with pytest.raises(DeliveryError, match=r"mcTest.*no connection to its database.*Admin > Connections"):
        await deliver(f"postgresql://127.0.0.1:{free_port()}/none")


async def test_a_missing_smtp_connection_is_named(execution_uri: str) -> None:
    with pytest.raises(DeliveryError, match="test_smtp is not found"):
        await deliver(execution_uri)


async def test_a_window_gets_over_a_lost_database(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(300)))
    window = asyncio.create_task(deliver(execution_uri, 8))
    while len(sink.received) < 50:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.01)
    execution.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where pid <> pg_backend_pid() and datname = current_database()"
    )
    pending_delivery(execution, template, "late@a.example")
    counts = await window
    assert counts["database_reconnects"] > 0
    assert {row["status"] for row in logs(execution).values()} == {"Sent"}
    assert len(sink.message_ids) == len(set(sink.message_ids)) == 301


async def test_concurrent_engines_never_send_twice(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    ids = pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(600)))
    counts = await asyncio.gather(*(deliver(execution_uri, 30, max_events=20, until=600) for _ in range(3)))
    assert sorted(sink.message_ids) == sorted(f"<{event_id}@shop.example>" for event_id in ids)
    assert sum(count["sent"] for count in counts) == 600
    assert sum(count["refused"] for count in counts) == 0


async def test_a_stopped_window_logs_what_it_sent_and_gives_back_the_rest(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(1500)))
    window = asyncio.create_task(deliver(execution_uri, 60))
    while len(sink.received) < 100:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.01)
    window.cancel()
    with pytest.raises(asyncio.CancelledError):
        await window
    found = logs(execution)
    logged = Counter(row["status"] for row in found.values())
    assert logged["Sent"] == len(sink.received)
    assert logged["Pending delivery"] > 0
    assert {row["tries"] for row in found.values() if row["status"] == "Pending delivery"} == {0}


async def test_the_kill_switch_reaches_what_the_engine_has_in_hand(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    sink.seconds_a_message = 0.1
    pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(400)))
    window = asyncio.create_task(deliver(execution_uri, 30, until=400))
    while len(sink.received) < 50:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.01)
    execution.execute("select message_center.stop_event_type('hello', 'wrong price')")
    stopped_at = len(sink.received)
    counts = await window
    # Four sessions send 40 a second, and the engine looks at the switches once a second.
    assert counts["sent"] == len(sink.received) < stopped_at + 80
    found = logs(execution)
    assert Counter(row["status"] for row in found.values())["Ignored by the delivery"] == 400 - counts["sent"]
    assert {row["message"] for row in found.values()} == {None, 'event type "hello" is stopped: wrong price'}


def test_the_claims_of_a_killed_engine_come_back(
    execution: psycopg.Connection, execution_uri: str, sink: Sink, template: int
) -> None:
    ids = pending_delivery(execution, template, *(f"n{n}@a.example" for n in range(1000)))
    script = textwrap.dedent(
        """
        import asyncio, sys
        sys.path[:0] = ["tests"]
        from datetime import timedelta
        from support.delivery import deliver
        asyncio.run(deliver(sys.argv[1], 60, lease=timedelta(days=1)))
        """
    )
    with subprocess.Popen([sys.executable, "-c", script, execution_uri], env=os.environ) as engine:
        deadline = time.monotonic() + 30
        while len(sink.received) < 100 and time.monotonic() < deadline:
            time.sleep(0.01)
        engine.send_signal(signal.SIGKILL)
    query = "select event_id from message_center.delivery_log where status = 'Pending delivery'"
    left = {event_id for (event_id,) in execution.execute(query)}
    claimed = len(left)
    assert claimed > 0
    assert len(sink.received) < 1000

    taken: list[int] = []

    def are_back() -> bool:
        taken.extend(claim(execution, "other", max_events=100))
        return left <= set(taken)

    until("the claims back, whose lease would end in a day", are_back, 60)
    log(execution, *({"event_id": event_id, "status": "Pending delivery"} for event_id in taken), engine="other")
    asyncio.run(deliver(execution_uri, 60, until=1000))

    found = logs(execution)
    assert {row["status"] for row in found.values()} == {"Sent"}
    assert {row["event_id"] for row in found.values()} == set(ids)
    sent_ids = sink.message_ids
    assert set(sent_ids) == {f"<{event_id}@shop.example>" for event_id in ids}
    # Only what was sent and not logged yet when the engine died went out again, recognisable by its Message-ID.
    assert len(sent_ids) - len(set(sent_ids)) <= claimed


async def test_the_log_of_a_window_holds_no_address_and_no_content(
    execution: psycopg.Connection,
    execution_uri: str,
    sink: Sink,
    template: int,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    pending_delivery(execution, template, "zoe@a.example", "unknown@a.example")
    sink.drop_sessions_of["zoe@a.example"] = 10
    await deliver(execution_uri, 20, until=2)
    told = "".join(capfd.readouterr()) + caplog.text
    assert "Session lost" in told
    assert "a.example" not in told
    assert "Zo" not in told


async def test_an_event_that_cannot_be_read_fails_alone_and_numbers_keep_their_form(
    execution: psycopg.Connection, execution_uri: str, sink: Sink
) -> None:
    template = new_template(execution, "{{ ctx.n }} EUR")
    deep = "[" * 5000 + "]" * 5000
    for address, ctx in (("huge", '{"n": 1e5000}'), ("deep", f'{{"n": {deep}}}'), ("price", '{"n": 19.90}')):
        execution.execute(
            """insert into message_center.event (queue, status, type, email, ctx, template_id)
            values ('rt', 'Pending delivery', 'hello', %s, %s, %s)""",
            [f"{address}@a.example", ctx, template],
        )
    await deliver(execution_uri, 20, until=3)
    found = logs(execution)
    assert {address.partition("@")[0]: row["status"] for address, row in found.items()} == {
        "huge": "Sent",
        "deep": "Delivery failed",
        "price": "Sent",
    }
    assert "its ctx cannot be read" in found["deep@a.example"]["message"]
    assert any(b"19.90 EUR" in source for source in sink.sources)
