"""Routing: each pending event gets a template, or a reason, once, whoever else works or holds a transaction open."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from support.events import deploy_template, event, push, route, status

Connection = psycopg.Connection[Any]


def template_of(connection: Connection, event_id: int) -> str | None:
    row: tuple[str | None] | None = connection.execute(
        "select rtrim(t.internal_name || ' ' || t.version || ' ' || t.language) from message_center.event e"
        " left join message_center.message_template t on t.id = e.template_id where e.id = %s",
        [event_id],
    ).fetchone()
    assert row is not None
    return row[0]


def blocks_of_a_step(connection: Connection) -> int:
    """Route one set; return how many blocks it has looked at."""
    plan = connection.execute(
        "explain (analyze, buffers, format json) select * from message_center.route_events('rt', 1000)"
    ).fetchone()
    assert plan is not None
    return int(plan[0][0]["Plan"]["Shared Hit Blocks"])


def test_an_event_is_linked_to_the_most_recent_template(execution: Connection) -> None:
    deploy_template(execution, version=1)
    deploy_template(execution, version=2)
    (id_,) = push(execution, event())
    assert route(execution)["routed"] == 1
    assert status(execution, id_) == ("Pending delivery", None)
    assert template_of(execution, id_) == "order_confirmation 2"


def test_the_events_language_has_the_first_say(execution: Connection) -> None:
    deploy_template(execution, languages=["fr"])
    french, german, silent = push(execution, event(language="fr"), event(language="de"), event())
    route(execution)
    assert template_of(execution, french) == "order_confirmation 1 fr"
    assert template_of(execution, german) == template_of(execution, silent) == "order_confirmation 1"


def test_an_event_without_a_template_says_so_and_is_done(execution: Connection) -> None:
    execution.execute("insert into message_center.event_type (name) values ('newsletter_signup')")
    id_, unknown = push(execution, event(type="newsletter_signup"), event(type="carrier_pigeon"))
    assert route(execution)["not_taken_into_account"] == 2
    assert status(execution, unknown) == ("Event not taken into account", 'unknown event type "carrier_pigeon"')
    reason = 'no published message template for event type "newsletter_signup", channel 0, in the rt queue'
    assert status(execution, id_) == ("Event not taken into account", reason)
    deploy_template(execution, "newsletter_signup")
    assert route(execution)["routed"] == 0


def test_the_queues_do_not_touch_each_other(execution: Connection) -> None:
    deploy_template(execution)
    (rt,), (batch,) = push(execution, event()), push(execution, event(), queue="batch")
    route(execution, "batch")
    assert status(execution, rt)[0] == "Pending"
    assert status(execution, batch)[0] == "Pending delivery"


def test_an_event_past_its_date_expires(execution: Connection) -> None:
    deploy_template(execution)
    (id_,) = push(execution, event(expiration="2020-01-01T00:00:00Z"))
    assert route(execution)["expired"] == 1
    assert status(execution, id_)[1] == "expired on 2020-01-01 00:00:00+00, before it was processed"


def test_a_scheduled_event_waits_for_its_time(execution: Connection) -> None:
    deploy_template(execution)
    (id_,) = push(execution, event(scheduled="2999-01-01T00:00:00Z"))
    assert route(execution)["routed"] == 0
    assert status(execution, id_)[0] == "Pending"
    execution.execute("update message_center.event set process_requested_on = clock_timestamp()")
    assert route(execution)["routed"] == 1


def test_an_event_that_has_expired_expires_though_it_was_scheduled(execution: Connection) -> None:
    (id_,) = push(execution, event(scheduled="2020-01-01T00:00:00Z", expiration="2020-01-02T00:00:00Z"))
    assert route(execution)["expired"] == 1
    assert status(execution, id_)[0] == "Expired"


def test_a_late_commit_is_not_skipped(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    with psycopg.connect(execution_uri) as late:
        push(late, event(external_id="late"))
        push(execution, event(external_id="early"))
        assert route(execution)["routed"] == 1
        push(execution, event(external_id="later"))
        assert route(execution)["routed"] == 1
        late.commit()
    assert route(execution)["routed"] == 1, "the session's cursor has passed the late event by"


def test_a_large_late_commit_is_walked_in_batches(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    with psycopg.connect(execution_uri) as late:
        push(late, *[event()] * 25)
        push(execution, event())
        assert route(execution, max_events=10)["routed"] == 1
        late.commit()
    assert route(execution, max_events=10)["routed"] == 25


def test_what_another_session_holds_is_left_to_it(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    push(execution, event(), event(), event())
    with psycopg.connect(execution_uri) as other, psycopg.connect(execution_uri, autocommit=True) as third:
        other.execute("select from message_center.event order by id limit 1 for update")
        assert route(execution)["routed"] == 2
        other.rollback()
        assert route(third)["routed"] == 1, "a new session sweeps from the head"


def test_two_sessions_route_each_event_once(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    push(execution, *[event()] * 100)
    with psycopg.connect(execution_uri) as first:
        first.execute("select * from message_center.route_events('rt', 40)")
        assert route(execution)["routed"] == 60
    assert route(execution)["routed"] == 0


def test_one_event_that_cannot_be_routed_is_put_back_alone(execution: Connection) -> None:
    execution.execute("""
        create function fail() returns trigger language plpgsql as
            $$ begin raise exception 'the custom code failed'; end $$;
        create trigger fail before update of template_id on message_center.event
            for each row when (new.type = 'bad' and new.status = 'Pending delivery') execute function fail()""")
    deploy_template(execution)
    deploy_template(execution, "bad")
    good, bad, other = push(execution, event(), event(type="bad"), event())
    counts = route(execution)
    assert (counts["routed"], counts["postponed"]) == (2, 1)
    assert status(execution, good)[0] == status(execution, other)[0] == "Pending delivery"
    assert status(execution, bad) == ("Pending", "the custom code failed")
    row = execution.execute(
        "select error_count, process_requested_on > clock_timestamp() from message_center.event where id = %s", [bad]
    ).fetchone()
    assert row == (1, True)


def test_the_max_tries_ends_it(execution: Connection) -> None:
    (id_,) = push(execution, event())
    for _ in range(5):
        execution.execute("select message_center.postpone_event('rt', %s, 'the custom code failed')", [id_])
    assert status(execution, id_) == ("Expired", "given up after 5 tries: the custom code failed")


@pytest.mark.parametrize("old", ["Sent", "Expired", "Event not taken into account", "Delivery failed"])
def test_the_database_refuses_a_move_backwards(execution: Connection, old: str) -> None:
    (id_,) = push(execution, event())
    deploy_template(execution)
    if old in ("Sent", "Delivery failed"):
        route(execution)
    execution.execute("update message_center.event set status = %s, status_reason = 'x'", [old])
    with pytest.raises(psycopg.errors.CheckViolation, match=f'cannot move from "{old}" to "Pending"'):
        execution.execute("update message_center.event set status = 'Pending' where id = %s", [id_])


def test_each_step_of_an_open_transaction_costs_the_same(execution: Connection, execution_uri: str) -> None:
    """Trap 1: dead index entries that nothing can remove; a claim must not walk over them again."""
    deploy_template(execution)
    with psycopg.connect(execution_uri) as held:
        held.execute("select pg_current_xact_id()")
        push(execution, *[event()] * 5000)
        route(execution)
        push(execution, event())
        assert blocks_of_a_step(execution) < 100, "some 20; from the head it would be over 250"


def test_a_batch_that_is_not_full_does_not_look_at_what_was_routed(execution: Connection) -> None:
    deploy_template(execution)
    push(execution, *[event()] * 5000)
    execution.execute("analyze message_center.event")
    for _ in range(5):
        execution.execute("select * from message_center.route_events('rt', 1000)")
    assert blocks_of_a_step(execution) < 100, "some 20; through the index of all changes it would be 140"
