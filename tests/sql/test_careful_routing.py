"""The careful path: templates with a condition, and event types with an enrichment, without a wait for plain events."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from message_center.queues.enrichment.work import Enrichment
from support.events import content, deploy_template, event, push, route, status

Connection = psycopg.Connection[Any]


def template_of(connection: Connection, event_id: int) -> str | None:
    row: tuple[str | None] | None = connection.execute(
        "select t.internal_name from message_center.event as e"
        " left join message_center.message_template as t on t.id = e.template_id where e.id = %s",
        [event_id],
    ).fetchone()
    assert row is not None
    return row[0]


def ctx_of(connection: Connection, event_id: int) -> dict[str, Any]:
    row: tuple[dict[str, Any]] | None = connection.execute(
        "select ctx from message_center.event where id = %s", [event_id]
    ).fetchone()
    assert row is not None
    return row[0]


def tries(connection: Connection, event_id: int) -> tuple[int, bool]:
    """The error count, and whether the next try is later."""
    row: tuple[int, bool] | None = connection.execute(
        "select error_count, process_requested_on > clock_timestamp() from message_center.event where id = %s",
        [event_id],
    ).fetchone()
    assert row is not None
    return row


def come_due(connection: Connection) -> None:
    connection.execute(
        "update message_center.event set process_requested_on = clock_timestamp()"
        " where process_requested_on is not null"
    )


def enrich_with(connection: Connection, statement: str) -> None:
    deploy_template(connection, enrichment={"kind": "sql", "source": statement})


class TestConditions:
    def test_the_first_template_whose_condition_holds(self, execution: Connection) -> None:
        deploy_template(execution, internal_name="plain")
        deploy_template(execution, internal_name="large", priority=10, condition="$.ctx.total > 100")
        deploy_template(execution, internal_name="french", priority=20, condition='$.country == "FR"')
        large, small, french = push(
            execution, event(ctx={"total": 500}), event(ctx={"total": 5}), event(ctx={"total": 500}, country="FR")
        )
        assert route(execution)["routed"] == 3
        assert [template_of(execution, each) for each in (large, small, french)] == ["large", "plain", "french"]

    def test_the_language_is_that_of_the_template_that_won(self, execution: Connection) -> None:
        deploy_template(execution, internal_name="plain", languages=["fr"])
        deploy_template(execution, internal_name="large", priority=10, condition="$.ctx.total > 100")
        (large,) = push(execution, event(ctx={"total": 500}, language="fr"))
        route(execution)
        assert template_of(execution, large) == "large"

    def test_no_condition_holds(self, execution: Connection) -> None:
        deploy_template(execution, condition="$.ctx.total > 100")
        few, words = push(execution, event(ctx={"total": 5}), event(ctx={"total": "many"}))
        assert route(execution)["not_taken_into_account"] == 2
        assert status(execution, few)[1] == status(execution, words)[1]
        assert "no published message template" in str(status(execution, few)[1])

    def test_a_condition_that_fails_puts_its_event_back_alone(self, execution: Connection) -> None:
        deploy_template(execution, condition="$.ctx.is_good")
        deploy_template(execution, "password_reset")
        good, bad, plain = push(
            execution, event(ctx={"is_good": True}), event(ctx={"is_good": 5}), event(type="password_reset")
        )
        counts = route(execution)
        assert (counts["routed"], counts["postponed"]) == (2, 1)
        assert template_of(execution, good) == "order_confirmation"
        assert status(execution, plain)[0] == "Pending delivery"
        assert status(execution, bad) == ("Pending", "single boolean result is expected")
        assert tries(execution, bad) == (1, True)

    def test_queue_time_counts_from_the_push(self, execution: Connection) -> None:
        deploy_template(execution, condition="$.ctx.order > 0")
        (id_,) = push(execution, event())
        execution.execute("update message_center.event set created_at = created_at - interval '10 seconds'")
        row = execution.execute("select slowest_ms from message_center.route_events('rt', 10)").fetchone()
        row = execution.execute("select slowest_ms from message_center.route_events('rt', 10)").fetchone()
        assert row is not None
        assert row[0] >= 10_000
        assert status(execution, id_)[0] == "Pending delivery"


class TestEnrichmentByStatement:
    def test_its_result_is_merged_into_ctx_for_the_whole_set(self, execution: Connection) -> None:
        execution.execute("create table public.points as select 'ann' as customer, 7 as points")
        enrich_with(
            execution,
            """-- What the customer has collected.
            with found as (
                select e.id, p.points from events as e join public.points as p on p.customer = e.ctx ->> 'name'
            )
            select id, jsonb_build_object('points', points) from found; """,
        )
        deploy_template(execution, "password_reset")
        ann, bob, plain = push(
            execution, event(ctx={"name": "ann"}), event(ctx={"name": "bob"}), event(type="password_reset")
        )
        assert route(execution)["routed"] == 3
        assert ctx_of(execution, ann) == {"name": "ann", "points": 7}
        assert ctx_of(execution, bob) == {"name": "bob"}
        assert status(execution, plain)[0] == "Pending delivery"

    def test_a_condition_sees_what_was_merged(self, execution: Connection) -> None:
        statement = "select id, '{\"vip\": true}'::jsonb from events where ctx ? 'total'"
        deploy_template(execution, condition="$.ctx.vip == true", enrichment={"kind": "sql", "source": statement})
        vip, other = push(execution, event(ctx={"total": 500}), event())
        route(execution)
        assert template_of(execution, vip) == "order_confirmation"
        assert status(execution, other)[0] == "Event not taken into account"

    def test_the_event_to_blame_is_put_back_alone(self, execution: Connection) -> None:
        enrich_with(execution, "select id, jsonb_build_object('half', (ctx ->> 'total')::integer / 2) from events")
        ids = push(execution, *[event(ctx={"total": str(n) if n != 13 else "thirteen"}) for n in range(50)])
        counts = route(execution)
        assert (counts["routed"], counts["postponed"]) == (49, 1)
        assert status(execution, ids[13]) == (
            "Pending",
            'enrichment: invalid input syntax for type integer: "thirteen"',
        )
        assert tries(execution, ids[13]) == (1, True)
        assert ctx_of(execution, ids[14]) == {"total": "14", "half": 7}

    def test_what_is_not_an_object_is_refused(self, execution: Connection) -> None:
        enrich_with(execution, "select id, '[1]'::jsonb from events")
        (id_,) = push(execution, event())
        route(execution)
        assert status(execution, id_)[1] == "enrichment: the enrichment gave a JSON array, not an object"

    def test_it_is_tried_again_up_to_the_max_tries(self, execution: Connection) -> None:
        execution.execute("create table public.broken (n integer check (n > 0))")
        enrich_with(execution, "select id, jsonb_build_object('n', 1 / 0) from events")
        (id_,) = push(execution, event())
        for _ in range(5):
            route(execution)
            come_due(execution)
        assert status(execution, id_) == ("Expired", "given up after 5 tries: enrichment: division by zero")

    def test_an_event_is_enriched_once(self, execution: Connection) -> None:
        """The template's condition fails after the enrichment: the next try must not add again."""
        execution.execute("create sequence public.asked")
        statement = "select id, jsonb_build_object('asked', nextval('public.asked')) from events"
        deploy_template(execution, condition="$.ctx.flag", enrichment={"kind": "sql", "source": statement})
        (id_,) = push(execution, event(ctx={"flag": 5}))
        route(execution)
        assert tries(execution, id_) == (1, True)
        first = ctx_of(execution, id_)
        execution.execute("update message_center.event set ctx = ctx || '{\"flag\": true}'")
        come_due(execution)
        assert route(execution)["routed"] == 1
        assert ctx_of(execution, id_) == first | {"flag": True, "asked": ctx_of(execution, id_)["asked"]}


@pytest.fixture
async def work(execution_uri: str) -> Any:
    async with await psycopg.AsyncConnection.connect(execution_uri, autocommit=True) as connection:
        yield connection


PYTHON = {"kind": "python", "source": "shop.enrichment:add_points"}


class TestEnrichmentByCallable:
    async def test_the_fast_path_does_not_wait_for_it(
        self, execution: Connection, work: psycopg.AsyncConnection
    ) -> None:
        deploy_template(execution, enrichment=PYTHON)
        deploy_template(execution, "password_reset")
        slow, plain = push(execution, event(), event(type="password_reset"))
        assert route(execution)["routed"] == 1
        assert status(execution, plain)[0] == "Pending delivery"
        assert status(execution, slow) == ("Pending", "waits for its enrichment, in eventEnrichment")

        enrichment = Enrichment(
            "order_confirmation", lambda events: [{"points": e["ctx"]["order"] + 1} for e in events]
        )
        assert await enrichment.step(work)
        assert not await enrichment.step(work)
        assert route(execution)["routed"] == 1
        assert ctx_of(execution, slow) == {"order": 1242, "points": 1243}
        assert enrichment.counts() == {"enriched": 1, "postponed": 0}

    async def test_an_error_puts_back_the_event_to_blame(
        self, execution: Connection, work: psycopg.AsyncConnection
    ) -> None:
        def add(events: Any) -> Any:
            return [{"inverse": 1 / e["ctx"]["order"]} for e in events]

        deploy_template(execution, enrichment=PYTHON)
        good, bad = push(execution, event(ctx={"order": 4}), event(ctx={"order": 0}))
        route(execution)
        assert await Enrichment("order_confirmation", add).step(work)
        assert route(execution)["routed"] == 1
        assert ctx_of(execution, good)["inverse"] == 0.25
        assert status(execution, bad) == ("Pending", "enrichment: ZeroDivisionError: division by zero")
        assert tries(execution, bad) == (1, True)
        come_due(execution)
        route(execution)
        assert execution.execute("select event_id from message_center.enrichment_request").fetchall() == [(bad,)]

    async def test_a_crashed_workers_claim_comes_back(
        self, execution: Connection, work: psycopg.AsyncConnection
    ) -> None:
        deploy_template(execution, enrichment=PYTHON)
        (id_,) = push(execution, event())
        route(execution)
        claim = "select event_id from message_center.claim_enrichments('order_confirmation', '0 s', 10)"
        assert execution.execute(claim).fetchall() == [(id_,)]
        assert await Enrichment("order_confirmation", lambda events: [{} for _ in events]).step(work)
        assert route(execution)["routed"] == 1

    def test_without_a_worker_an_event_waits_and_expires_in_time(self, execution: Connection) -> None:
        deploy_template(execution, enrichment=PYTHON)
        (id_,) = push(execution, event())
        route(execution)
        come_due(execution)
        assert route(execution)["postponed"] == 1
        assert tries(execution, id_) == (0, True), "waiting is not a try"
        execution.execute("update message_center.event set expiration = clock_timestamp()")
        come_due(execution)
        assert route(execution)["expired"] == 1
        claim = "select event_id from message_center.claim_enrichments('order_confirmation', '1 s', 10)"
        assert execution.execute(claim).fetchall() == []

    @pytest.mark.parametrize("answer", [[], [5], ["{}"], [{"nan": float("nan")}]])
    async def test_an_answer_that_does_not_fit_is_an_error(
        self, execution: Connection, work: psycopg.AsyncConnection, answer: Any
    ) -> None:
        deploy_template(execution, enrichment=PYTHON)
        (id_,) = push(execution, event())
        route(execution)
        assert await Enrichment("order_confirmation", lambda _: answer).step(work)
        assert tries(execution, id_) == (1, True)


def test_an_enrichment_that_goes_away_is_not_asked_any_more(execution: Connection) -> None:
    enrich_with(execution, "select id, '{\"n\": 1}'::jsonb from events")
    execution.execute("select message_center.deploy_template('order_confirmation', 2, %s)", [json.dumps(content())])
    (id_,) = push(execution, event())
    route(execution)
    assert ctx_of(execution, id_) == {"order": 1242}
