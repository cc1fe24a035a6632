"""What receivers do wrong, and what follows from it: tries with growing waits, pauses, the end, and a new beginning."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import pytest
from starlette.responses import Response

from message_center.webhooks import posting, receiver
from message_center.webhooks.acts import WebhookAct, replay, resume, webhooks_of
from message_center.webhooks.answers import Answer, answer_of
from support.databases import rows_read
from support.webhooks import (
    Connection,
    Received,
    Receiver,
    endless,
    hanging,
    known,
    moved,
    pushed,
    row_of,
    seen,
    tell,
    time_passes,
    webhook,
)

SIX_DAYS = "update message_center.webhook set failing_since = clock_timestamp() - interval '6 days' where name = 'erp'"


def act(name: str = "erp") -> WebhookAct:
    return WebhookAct(uuid4(), "ann", "the receiver is mended", name)


async def test_what_is_not_taken_is_sent_again_as_it_was(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    pushed(execution)
    shop.says(500)
    result = await tell(execution_uri, webhook(shop), until=lambda: bool(shop.taken))
    first, second = shop.tried
    assert (first.id, first.body) == (second.id, second.body)
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"])
    assert (result["told"], result["failed"]) == (1, 1)
    assert row_of(execution)["failures"] == 0


@pytest.mark.parametrize(
    ("status", "retry_after", "answer"),
    [
        (200, None, Answer()),
        (204, "9", Answer()),
        (302, None, Answer("a redirect, which is not followed: HTTP 302")),
        (400, "9", Answer("refused: HTTP 400")),
        (429, "9", Answer("refused: HTTP 429", 9.0)),
        (503, "86400", Answer("refused: HTTP 503", 3600.0)),
        (503, "soon", Answer("refused: HTTP 503")),
        (429, "Sun, 06 Nov 1994 08:49:37 GMT", Answer("refused: HTTP 429", 0.0)),
        (410, None, Answer("refused: HTTP 410", None, True)),
    ],
)
def test_an_answer_says_what_to_do(status: int, retry_after: str | None, answer: Answer) -> None:
    assert answer_of(status, retry_after) == answer


async def test_a_receiver_that_asks_for_a_pause_gets_it(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    pushed(execution, 40)
    shop.says(*[429] * 10, **{"retry-after": "600"})
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["retry_at"] is not None, seconds=3)
    assert len(shop.tried) <= posting.CONNECTIONS, "what was on its way, and nothing more"
    time_passes(execution)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 40)


async def test_a_receiver_that_fails_is_asked_one_by_one_until_it_is_back(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    events = pushed(execution, 100)
    shop.says(*[500] * 20)
    failing = receiver.MAX_FAILURES
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failures"] >= failing)
    tried = len(shop.tried)
    assert tried < 20, "it is left alone"
    for _ in range(20 - tried):
        shop_tried = len(shop.tried)
        time_passes(execution)
        await tell(execution_uri, webhook(shop), until=lambda: len(shop.tried) > shop_tried)  # noqa: B023
        assert len(shop.tried) == shop_tried + 1, "one message at a time"
        if shop.taken:
            break
    time_passes(execution)
    await tell(execution_uri, webhook(shop), until=lambda: {each.event for each in shop.taken} == set(events))


async def test_one_that_hangs_holds_up_no_other(
    execution: Connection, execution_uri: str, shop: Receiver, bank: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "ANSWER_SECONDS", 1.0)
    known(execution, webhook(shop), webhook(bank, "bank"))
    pushed(execution, 60)
    shop.answer = hanging

    def is_done() -> bool:
        return len(bank.taken) == 60 and row_of(execution)["failures"] > 0

    result = await tell(execution_uri, webhook(shop), webhook(bank, "bank"), until=is_done)
    assert (result["told"], row_of(execution, "bank")["failures"]) == (60, 0)
    assert row_of(execution)["last_error"] is not None


async def test_an_answer_is_read_up_to_a_bound_only(execution: Connection, execution_uri: str, shop: Receiver) -> None:
    known(execution, webhook(shop))
    pushed(execution)
    shop.answer = endless
    result = await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["last_success_at"] is not None)
    assert result["told"] == 1


async def test_a_redirect_is_not_followed(
    execution: Connection, execution_uri: str, shop: Receiver, bank: Receiver
) -> None:
    async def elsewhere(_: Received) -> Response:
        return Response(status_code=307, headers={"location": bank.url})

    known(execution, webhook(shop))
    pushed(execution)
    shop.answer = elsewhere
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["last_error"] is not None)
    assert bank.tried == []


async def test_who_is_gone_is_told_nothing_until_somebody_says_so(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    first = pushed(execution)
    shop.says(410)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["disabled_at"] is not None)
    later = pushed(execution, 3)
    moved(execution, first, "Pending delivery", "Sent")
    await tell(execution_uri, webhook(shop), until=lambda: True, seconds=1)
    assert len(shop.tried) == 1
    (row,) = webhooks_of(execution)
    assert row["disabled_reason"] == "the receiver has said that it is gone (410)"

    done = act()
    for _ in range(2):
        resume(execution, done)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 4)
    assert shop.statuses_of(first[0]) == ["Sent"], "it goes on from where it stood"
    assert {received.event for received in shop.taken} == {*first, *later}
    acts = "select kind::text, requested_by, reason, done from message_center.operator_act"
    assert execution.execute(acts).fetchall() == [("resume_webhook", "ann", "the receiver is mended", 1)]


async def test_days_of_failure_disable_a_webhook_and_one_success_forgives_them(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    pushed(execution)
    shop.says(500, 200, 500)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failures"] == 1)
    execution.execute(SIX_DAYS)
    time_passes(execution)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failing_since"] is None)

    pushed(execution)
    shop.says(500, 500)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failures"] == 1)
    execution.execute(SIX_DAYS)
    time_passes(execution)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["disabled_at"] is not None)
    assert row_of(execution)["disabled_reason"].startswith("every try has failed since ")


async def test_one_message_that_is_refused_holds_up_no_other_and_is_given_up_after_days(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    bad, *_ = pushed(execution, 20)

    async def but_for_one(received: Received) -> Response:
        return Response(status_code=400 if received.event == bad else 200)

    shop.answer = but_for_one
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 19)
    execution.execute(
        "update message_center.webhook_message set failing_since = clock_timestamp() - interval '6 days'"
        " where told_at is null"
    )
    time_passes(execution)
    await tell(execution_uri, webhook(shop), until=lambda: webhooks_of(execution)[0]["given_up"] == 1)
    assert row_of(execution)["disabled_at"] is None
    moved(execution, [bad], "Expired")
    shop.answer = None
    await tell(execution_uri, webhook(shop), until=lambda: shop.statuses_of(bad) == ["Expired"])


async def test_what_a_receiver_refuses_holds_up_nothing_else(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    """However much it refuses, and whenever that is tried again: what it has not been asked to take yet goes first."""
    known(execution, webhook(shop))

    async def but_for_a_type(received: Received) -> Response:
        return Response(status_code=400 if b"invoice_ready" in received.body else 200)

    shop.answer = but_for_a_type
    pushed(execution, 40, type="invoice_ready")
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failures"] >= receiver.MAX_FAILURES)
    for _ in range(2):
        shop.tried.clear()
        execution.execute(
            "update message_center.webhook_message set retry_at = clock_timestamp() where told_at is null"
        )
        execution.execute("update message_center.webhook set retry_at = null, failures = 20 where true")
        (event,) = pushed(execution)
        await tell(execution_uri, webhook(shop), until=lambda: shop.statuses_of(event) == ["Pending"])  # noqa: B023
        assert shop.tried[0].event == event


def test_what_a_receiver_refuses_leaves_room_for_what_comes(execution: Connection, shop: Receiver) -> None:
    known(execution, webhook(shop))

    def waiting() -> int:
        execution.execute("select message_center.read_changes('erp', 100, 5)")
        return execution.execute("select from message_center.webhook_message").rowcount

    pushed(execution, 5)
    assert waiting() == 5
    pushed(execution, 5)
    assert waiting() == 5, "what comes behind them is read later"
    execution.execute("update message_center.webhook_message set tries = 1, retry_at = 'infinity' where true")
    assert waiting() == 10


async def test_what_was_deleted_holds_up_nothing(execution: Connection, execution_uri: str, shop: Receiver) -> None:
    known(execution, webhook(shop))
    first = pushed(execution)
    shop.says(*[500] * receiver.MAX_FAILURES)
    execution.execute("select message_center.read_changes('erp', 100, 100)")
    execution.execute("delete from message_center.event where id = any(%s)", [first])
    execution.execute("update message_center.webhook set failures = 20 where true")
    events = pushed(execution, 3)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.tried) >= 1)
    time_passes(execution)
    shop.answer = None
    await tell(execution_uri, webhook(shop), until=lambda: {each.event for each in shop.taken} == set(events))


async def test_a_pause_lasts_whatever_is_answered_by_what_was_on_its_way(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    pushed(execution, 40)
    has_asked = asyncio.Event()

    async def one_asks_for_a_pause(received: Received) -> Response:
        if len(shop.tried) == 1:
            return Response(status_code=429, headers={"retry-after": "600"})
        await seen(lambda: row_of(execution)["failures"] > 0 or has_asked.is_set())
        has_asked.set()
        return Response(status_code=200 if received.event % 2 else 500)

    shop.answer = one_asks_for_a_pause
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) >= 4, seconds=5)
    assert len(shop.tried) <= posting.CONNECTIONS, "what was on its way, and nothing more"
    pause = datetime.fromisoformat(row_of(execution)["retry_at"]) - datetime.now(timezone.utc)
    assert pause > timedelta(minutes=9)


async def test_a_webhook_that_changes_is_told_what_it_asks_for_and_by_its_new_receiver(
    execution: Connection, execution_uri: str, shop: Receiver, bank: Receiver
) -> None:
    """While messages wait, and while they are on their way."""
    known(execution, webhook(shop))
    order, invoice = (*pushed(execution), *pushed(execution, type="invoice_ready"))
    shop.says(*[500] * 99)
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["failures"] >= 2)
    changed = webhook(bank, event_types="invoice_ready")
    time_passes(execution)
    await tell(execution_uri, changed, until=lambda: len(bank.taken) == 1)
    assert [received.event for received in bank.tried] == [invoice]
    moved(execution, [order], "Expired")
    moved(execution, [invoice], "Expired")
    await tell(execution_uri, changed, until=lambda: bank.statuses_of(invoice) == ["Pending", "Expired"])
    assert {received.event for received in bank.tried} == {invoice}


def test_a_restore_in_the_middle_of_a_reading_loses_nothing(execution: Connection, shop: Receiver) -> None:
    """A webhook that comes back after days reads for a while; what it had not come to was committed hours ago."""
    known(execution, webhook(shop))
    pushed(execution, 6)
    execution.execute("update message_center.webhook set read_at = clock_timestamp() - interval '3 days' where true")
    execution.execute("alter table message_center.event disable trigger stamp_modification")
    execution.execute("update message_center.event set modified_at = modified_at - interval '2 days' where true")
    execution.execute("alter table message_center.event enable always trigger stamp_modification")
    read = "select message_center.read_changes('erp', 2, 100)"
    assert execution.execute(read).fetchone() == (True,)
    execution.execute("select message_center.begin_numbering()")
    while execution.execute(read).fetchone() == (True,):
        pass
    assert execution.execute("select count(*) from message_center.webhook_message").fetchone() == (6,)


async def test_a_replay_tells_again_what_has_changed_since_a_moment(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    old, new, untold = (*pushed(execution, 2), *pushed(execution, type="invoice_ready"))
    moved(execution, [new], "Pending delivery")
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 3)
    execution.execute("alter table message_center.event disable trigger stamp_modification")
    execution.execute(
        "update message_center.event set modified_at = modified_at - interval '2 hours' where id = %s", [old]
    )
    execution.execute("alter table message_center.event enable always trigger stamp_modification")
    shop.taken.clear()
    moved(execution, [untold], "Expired")
    replay(execution, act(), datetime.now(timezone.utc) - timedelta(hours=1))
    await tell(execution_uri, webhook(shop), until=lambda: row_of(execution)["is_replay"] is False)
    assert {received.id for received in shop.taken} == {f"msg_{new}_pending_delivery", f"msg_{untold}_expired"}


async def test_a_restored_database_goes_on_telling(execution: Connection, execution_uri: str, shop: Receiver) -> None:
    known(execution, webhook(shop))
    before = pushed(execution)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 1)
    execution.execute("update message_center.webhook set seen = '1000000:1000000:'")
    execution.execute("select message_center.rebase_after_restore('{}')")
    after = pushed(execution)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 2)
    assert [received.event for received in shop.taken] == [*before, *after]


async def test_one_whose_connection_is_gone_goes_on_when_it_is_back(
    execution: Connection, execution_uri: str, shop: Receiver
) -> None:
    known(execution, webhook(shop))
    await tell(execution_uri, until=lambda: row_of(execution)["removed_at"] is not None)
    pushed(execution)
    await tell(execution_uri, webhook(shop), until=lambda: len(shop.taken) == 1)
    assert row_of(execution)["removed_at"] is None


def test_what_was_told_is_forgotten_after_a_while(execution: Connection, shop: Receiver) -> None:
    known(execution, webhook(shop))
    (event,) = pushed(execution)
    forget = "select message_center.forget_webhook_messages('7 days', 1000)"
    count = "select count(*) from message_center.webhook_message"
    execution.execute(
        "insert into message_center.webhook_message (webhook, event_id, queue, status, changed_at, told_at)"
        " select 'erp', n, 'rt', 'Sent', clock_timestamp(), clock_timestamp() - n * interval '2 hours'"
        " from generate_series(1, 100) as n"
    )
    execution.execute(
        "insert into message_center.webhook_message (webhook, event_id, queue, status, changed_at)"
        " select 'erp', n, 'rt', 'Sent', clock_timestamp() - interval '40 days' from unnest(%s::bigint[]) as n",
        [[event, 999]],
    )
    execution.execute(forget)
    assert execution.execute(count).fetchone() == (83 + 1,), "what waits is kept while there is its event"
    execution.execute("set enable_seqscan = off")
    assert rows_read(execution, "webhook_message", forget) < 50, "of what is not that old nothing is read"
