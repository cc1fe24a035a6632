"""Erasing a person: nothing of them is left, here or in the archive, and all counts are as before."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from message_center.files import progress
from message_center.files.records import Record
from support.archive import archive_all
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses
from support.schemas import dump

Connection = psycopg.Connection[Any]
PERSON = "Jöhn.O'Neil+x@Shop.example"
COUNTS = "select status::text, count(*) from {}.event group by 1 order by 1"


def erase(connection: Connection, schema: str, address: str = PERSON) -> dict[str, int]:
    return dict(connection.execute(f"select what, erased from {schema}.erase_person(%s)", [address]).fetchall())


@pytest.fixture
def ids(execution: Connection) -> list[int]:
    """Events at every stage: failed with the address in the reply, sent, claimed, routed, pending; and another's."""
    deploy_template(execution)
    deploy_template(execution, "sms", wished_channel=1)
    person = event(email=PERSON, external_id="customer-77", ctx={"name": "secret-name"})
    keyed = person | {"email": PERSON.lower(), "idempotency_key": f"key-{PERSON}"}
    phone = event(type="sms", wished_channel=1, mobile_phone="+33612345678", email=PERSON.upper())
    found = push(execution, person, keyed, person, event(), phone)
    route(execution)
    claim(execution)
    log(
        execution,
        {"event_id": found[0], "status": "Delivery failed", "failure_type": "hard", "quarantine": False,
         "message": f"550 5.1.1 <{PERSON.lower()}> unknown"},
        {"event_id": found[1], "status": "Sent"},
        {"event_id": found[3], "status": "Delivery failed", "failure_type": "hard", "quarantine": False,
         "message": "550 5.1.1 <erased> unknown"},
    )  # fmt: skip
    update_event_statuses(execution)
    execution.execute(
        "insert into message_center.tracking_url (url, label) values (%s, null)", [f"https://a.example/?who={PERSON}"]
    )
    found += push(execution, person)
    route(execution)
    return found + push(execution, person | {"scheduled": "2099-01-01"}, event())


def test_nothing_of_a_person_is_left_and_the_counts_are(
    execution: Connection, control: Connection, execution_uri: str, control_uri: str, ids: list[int]
) -> None:
    archive_all(execution, control)
    assert erase(execution, "message_center") == {
        "delivery logs": 3, "idempotency keys": 1, "events": 6, "qualifications": 1, "tracked links": 1,
        "operator acts": 0, "rejected records": 0,
    }  # fmt: skip
    assert set(erase(execution, "message_center").values()) == {0}, "there is no more to erase"
    statuses = execution.execute("select id, status::text from message_center.event order by id").fetchall()
    assert statuses == list(
        zip(
            ids,
            ["Delivery failed", "Sent", "Ignored by the delivery", "Delivery failed", "Ignored by the delivery",
             "Ignored by the delivery", "Event not taken into account", "Pending"],
            strict=True,
        )
    )  # fmt: skip
    assert claim(execution) == []
    route(execution)
    assert claim(execution) == [ids[-1]], "another's event goes its way"

    archive_all(execution, control)
    erase(control, "archive")
    assert set(erase(control, "archive").values()) == {0}
    for connection in (execution, control):
        schema = "message_center" if connection is execution else "archive"
        assert sum(row[1] for row in connection.execute(COUNTS.format(schema)).fetchall()) == 8
    for uri in (execution_uri, control_uri):
        left = dump(uri, "--data-only").lower()
        assert not any(word in left for word in ("neil", "secret-name", "customer-77", "+33612345678"))


@pytest.mark.parametrize("address", [PERSON, "+33612345678", "33612345678"])
def test_acts_name_a_person_no_more_here_or_in_the_archive(
    execution: Connection, control: Connection, ids: list[int], address: str
) -> None:
    """By address and by the sender's own id, among other things that stay; an id may look like a phone."""
    meant: list[dict[str, Any]] = [
        {"address": PERSON.upper(), "type": "order_confirmation", "ids": [33612345678]},
        {"external_id": "customer-77", "status": ["Sent"]},
        {"channel": 1, "addresses": ["+33612345678", "+33600000000"]},
    ]
    for filter_ in meant:
        execution.execute(
            "select message_center.note_act_at_once('cancel', gen_random_uuid(), 'ann', %s, %s, 1)",
            [f"asked by {PERSON}, +33612345678", Jsonb(filter_)],
        )
    archive_all(execution, control)
    if address == PERSON:
        left = [{**meant[0], "address": "erased"}, {**meant[1], "external_id": "erased"}, meant[2]]
    else:
        erased = "+erased" if address[0] == "3" else "erased"
        left = [*meant[:2], {"channel": 1, "addresses": [erased, "+33600000000"]}]
    for connection, schema in ((execution, "message_center"), (control, "archive")):
        assert erase(connection, schema, address)["operator acts"] == 3
        assert erase(connection, schema, address)["operator acts"] == 0
        told = connection.execute(f"select filter, reason from {schema}.operator_act order by id".encode()).fetchall()
        assert [filter_ for filter_, _ in told] == left
        assert not any(address in reason for _, reason in told)


def test_what_is_claimed_meanwhile_is_erased_too(execution: Connection, execution_uri: str) -> None:
    # A counterexample of the model test: the log of that claim kept the address, and an engine had the message to send.
    deploy_template(execution)
    (id_,) = push(execution, event(email=PERSON))
    route(execution)
    with psycopg.connect(execution_uri) as engine, ThreadPoolExecutor(1) as thread:
        assert claim(engine) == [id_]
        erasing = thread.submit(erase, execution, "message_center")
        with psycopg.connect(execution_uri, autocommit=True) as observer:
            while not observer.execute("select 1 from pg_locks where not granted").fetchone():
                assert not erasing.done()
        engine.commit()
        assert erasing.result()["delivery logs"] == 1
    logs = execution.execute("select address, status::text from message_center.delivery_log").fetchall()
    assert logs == [("erased", "Ignored by the delivery")]
    assert status(execution, id_)[0] == "Ignored by the delivery"


def test_what_was_said_at_each_try_is_erased(execution: Connection, execution_uri: str) -> None:
    deploy_template(execution)
    (id_,) = push(execution, event(email=PERSON))
    route(execution)
    claim(execution)
    told = f"451 <{PERSON}> later"
    log(execution, {"event_id": id_, "status": "Pending delivery", "failure_type": "soft", "message": told})
    erase(execution, "message_center")
    assert "neil" not in dump(execution_uri, "--data-only").lower()
    kept = """select m.message
        from message_center.delivery_log as l
        cross join jsonb_array_elements(l.earlier_tries) as t
        join message_center.delivery_log_message as m on m.id = (t ->> 'message_id')::bigint"""
    assert execution.execute(kept).fetchall() == [("451 <erased> later",)]


@pytest.mark.parametrize("rest", ["", "\0", "\ud800"])
def test_a_rejected_record_of_a_file_is_erased_and_its_line_stays(execution: Connection, rest: str) -> None:
    begun = progress.begin(execution, "file:///orders.ndjson")
    told = [
        Record(line, f"{who}{rest}", None).told("no ctx") for line, who in ((3, PERSON.upper()), (4, "ann@a.example"))
    ]
    progress.advance(execution, begun, begun.after(2, 2, b""), dict(enumerate(told, 1)))
    assert erase(execution, "message_center")["rejected records"] == 1
    assert erase(execution, "message_center")["rejected records"] == 0
    kept = [json.loads(line) for line in progress.rejected_lines(execution, begun)]
    assert kept[0] == {"line": 3, "reason": "erased", "record": "erased"}
    assert kept[1] == {"line": 4, "reason": "no ctx", "record": f"ann@a.example{rest}"}


def test_what_was_purged_is_erased_in_the_archive(execution: Connection, control: Connection, ids: list[int]) -> None:
    archive_all(execution, control)
    execution.execute("delete from message_center.delivery_log; delete from message_center.event")
    assert erase(control, "archive", f" {PERSON.swapcase()} ") == {
        "delivery logs": 3, "events": 6, "qualifications": 1, "tracked links": 1, "operator acts": 0,
    }  # fmt: skip
    assert control.execute("select count(*) from archive.event").fetchone() == (len(ids),)


@pytest.mark.parametrize("address", ["", "a@b", "erased", None])
def test_what_names_nobody_is_refused(execution: Connection, control: Connection, address: str | None) -> None:
    for connection, schema in ((execution, "message_center"), (control, "archive")):
        with pytest.raises(psycopg.errors.InvalidParameterValue):
            connection.execute(f"select {schema}.erase_person(%s)", [address])
