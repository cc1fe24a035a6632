"""Webhooks on a real database and real receivers: told at least once, in order, and signed."""

from __future__ import annotations

import asyncio
import json

import psycopg
import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.responses import Response

from support.webhooks import (
    OLD_SECRET,
    SECRET,
    Connection,
    Received,
    Receiver,
    known,
    moved,
    pushed,
    row_of,
    seen,
    tell,
    webhook,
    window,
)


def cut(execution: Connection) -> None:
    """End all sessions but one's own."""
    execution.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


async def test_what_becomes_of_an_event_is_told_and_signed(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    (event,) = pushed(execution, external_id="order-1242")
    moved(execution, [event], "Pending delivery", "Sent")
    result = await tell(execution_uri, webhook(shop), until=lambda: bool(shop.taken))

    (message,) = shop.taken
    assert result["told"] == 1
    said = Verifier(SECRET).verify(message.body, message.headers)
    assert (said["type"], message.id) == ("event.sent", f"msg_{event}_sent")
    data = said["data"]
    assert (data["id"], data["external_id"], data["status"]) == (str(event), "order-1242", "Sent")
    assert (data["status_reason"], data["queue"], said["timestamp"][-1]) == ("for a test", "rt", "Z")
    assert "john@shop.example" not in message.body.decode(), "no more of a person than an id"


async def test_a_receiver_may_change_its_secret_when_it_likes(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    both = webhook(shop, secret=f"{SECRET} {OLD_SECRET}")
    known(execution, both)
    pushed(execution)
    await tell(execution_uri, both, until=lambda: bool(shop.taken))
    for secret in (SECRET, OLD_SECRET):
        Verifier(secret).verify(shop.taken[0].body, shop.taken[0].headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(OLD_SECRET[:-4] + "AAAA").verify(shop.taken[0].body, shop.taken[0].headers)


async def test_a_new_webhook_is_told_what_changes_from_now_on_and_each_status_once(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    pushed(execution, 3)
    known(execution, webhook(shop))
    (event,) = pushed(execution)
    for status in ("Pending", "Pending delivery", "Sent", "Delivery failed"):
        if status != "Pending":
            moved(execution, [event], status)
        await tell(execution_uri, webhook(shop), until=lambda: shop.statuses_of(event)[-1:] == [status])  # noqa: B023
        # Something else about it has changed.
        execution.execute("update message_center.event set origin = 'elsewhere' where id = %s", [event])
    assert [received.status for received in shop.tried] == ["Pending", "Pending delivery", "Sent", "Delivery failed"]


async def test_each_webhook_is_told_what_it_wants(
    execution: Connection, execution_uri: str, shop: Receiver, bank: Receiver
) -> None:
    ends = webhook(shop, statuses="Sent, Expired", event_types=["order_confirmation"], queues="rt")
    own = webhook(bank, "bank", callers="bank")
    known(execution, ends, own)
    sent, waiting, invoice = (*pushed(execution, 2), *pushed(execution, type="invoice_ready"))
    moved(execution, [sent, invoice], "Pending delivery", "Sent")
    execution.execute("update message_center.event set caller = 'bank' where id = %s", [waiting])
    await tell(execution_uri, ends, own, until=lambda: bool(shop.taken and bank.taken))
    assert [received.event for received in shop.tried] == [sent]
    assert [received.event for received in bank.tried] == [waiting]


async def test_a_status_waits_until_the_one_before_it_is_answered(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    (event,) = pushed(execution)
    known(execution, webhook(shop))
    may_answer = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def slowly(_: Received) -> Response:
        await seen(may_answer.is_set)
        return Response()

    shop.answer = slowly
    moved(execution, [event], "Pending delivery")
    loop.call_later(0.8, lambda: moved(execution, [event], "Sent"))
    loop.call_later(1.6, may_answer.set)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 2)
    assert shop.statuses_of(event) == ["Pending delivery", "Sent"]
    assert len(shop.tried) == 2


async def test_a_window_that_is_killed_leaves_nothing_untold(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    events = pushed(execution, 300)
    killed = window(execution_uri, 20, webhook(shop))
    running = asyncio.create_task(killed.run())
    await seen(lambda: len(shop.taken) >= 50)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await killed.work.close()
    await tell(execution_uri, webhook(shop), until=lambda: {each.event for each in shop.taken} == set(events))
    twice = {received.id: received.body for received in shop.taken}
    assert all(twice[received.id] == received.body for received in shop.taken), "what is sent twice is the same"


async def test_a_window_that_ends_leaves_nothing_to_be_told_twice(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    events = pushed(execution, 300)
    for _ in range(3):
        before = len(shop.taken)
        await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) >= before + 20)  # noqa: B023
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) >= 300)
    assert sorted(received.event for received in shop.tried) == sorted(events)


async def test_a_lost_session_is_got_through(execution: Connection, execution_uri: str, shop: Receiver) -> None:
    known(execution, webhook(shop))
    events, cuts = pushed(execution, 200), [20, 100]

    def cut_twice() -> bool:
        if cuts and len(shop.taken) >= cuts[0]:
            cuts.pop(0)
            cut(execution)
        return {each.event for each in shop.taken} == set(events)

    result = await tell(execution_uri, webhook(shop), until=cut_twice)
    assert result["reconnects"] >= 1


async def test_a_window_without_a_session_sends_nothing(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    """Another window may have its turn by then, and tell what came later."""
    known(execution, webhook(shop))
    events, sent_before = pushed(execution, 300), list[int]()

    async def slowly(_: Received) -> Response:
        await asyncio.sleep(0.05)
        return Response()

    async def connect() -> psycopg.AsyncConnection:
        sent_before.append(len(shop.tried))
        if len(sent_before) in (2, 3):
            raise psycopg.OperationalError("the server is starting up")
        return await psycopg.AsyncConnection.connect(execution_uri, autocommit=True)

    shop.answer = slowly
    telling = window(execution_uri, 20, webhook(shop))
    telling.connect = connect
    running = asyncio.create_task(telling.run())
    await seen(lambda: len(shop.tried) >= 20)
    cut(execution)
    await seen(lambda: {each.event for each in shop.taken} == set(events))
    telling.end_early("the test has seen enough")
    await running
    await telling.work.close()
    assert sent_before[1] == sent_before[2] == sent_before[3], "nothing from one try to connect to the next"


async def test_of_two_windows_that_overlap_one_tells(execution: Connection, execution_uri: str, shop: Receiver) -> None:
    known(execution, webhook(shop))
    events = pushed(execution, 100)
    windows = [window(execution_uri, 2, webhook(shop)) for _ in range(2)]
    results = await asyncio.gather(*(each.run() for each in windows))
    for each in windows:
        await each.work.close()
    assert sorted(each.event for each in shop.tried) == sorted(events)
    assert sorted(result["told"] for result in results) == [0, 100]


async def test_no_line_of_a_log_has_the_url_or_the_secret(
    execution: Connection, execution_uri: str, shop: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    known(execution, webhook(shop))
    pushed(execution, 3)
    shop.says(500)
    with caplog.at_level("DEBUG", "httpx"):
        await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) >= 2)
    row = json.dumps(row_of(execution))
    logged = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    for text in (logged, row, repr(webhook(shop))):
        assert "hush" not in text
        assert SECRET not in text
    assert row_of(execution)["last_error"] == "refused: HTTP 500"
