"""The door of our own: events one by one, in arrays and as streams; what became of them."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from typing import Any

import httpx
import psycopg
import pytest

from message_center.archive.archiving import archive_stream
from message_center.archive.streams import EVENTS
from message_center.intake import unread
from support.doors import BASE, add_caller, bearer
from support.events import claim, deploy_template, event, log, route, status
from support.waiting import until

Connection = psycopg.Connection[Any]
PUSH = "/v1/rt/events"
DEEP = "[" * 5_000 + "]" * 5_000


def stored(instance: Connection, what: str = "count(*)") -> Any:
    row = instance.execute(f"select {what} from message_center.event").fetchone()
    assert row is not None
    return row[0]


async def test_an_event_is_pushed_and_followed_to_its_delivery(instance: Connection, door: httpx.AsyncClient) -> None:
    deploy_template(instance)
    headers = bearer(add_caller(instance))
    pushed = await door.post(PUSH, json=event(external_id="order-1"), headers=headers)
    assert pushed.status_code == 202
    told = pushed.json()
    assert pushed.headers["location"] == told["href"] == f"/v1/events/{told['id']}"
    assert status(instance, int(told["id"])) == ("Pending", None)

    route(instance)
    claim(instance)
    failed = {"status": "Delivery failed", "failure_type": "hard", "failure_reason": 1, "message": "550 5.1.1"}
    log(instance, {"event_id": int(told["id"]), **failed})
    read = (await door.get(told["href"], headers=headers)).json()
    assert read["id"] == told["id"]
    assert read["status"] == "Pending delivery", "the log has not been copied yet"
    assert [(each["status"], each["message"]) for each in read["deliveries"]] == [("Delivery failed", "550 5.1.1")]
    assert read["ctx"] == {"order": 1242}
    for query in ("external_id=order-1", "address=JOHN@shop.example"):
        found = (await door.get(f"/v1/events?{query}", headers=headers)).json()["events"]
        assert [each["id"] for each in found] == [told["id"]]


async def test_each_event_of_an_array_has_a_result_of_its_own(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance))
    events = [event(), event(email="nobody"), 7, event(scheduled="2027-01-01T10:00:00Z")]
    results = (await door.post("/v1/batch/events", json=events, headers=headers)).json()["results"]
    assert [each["position"] for each in results] == [1, 2, 3, 4]
    assert [each.get("reason") for each in results] == [
        None,
        "email is badly formed",
        "an event is a JSON object, not number",
        None,
    ]
    assert stored(instance, "array_agg(id::text order by id)") == [results[0]["id"], results[3]["id"]]
    assert stored(instance, "array_agg(distinct queue::text || caller)") == ["batchshop"]
    assert (await door.post(PUSH, json=[], headers=headers)).json() == {"results": []}


@pytest.mark.parametrize("deep", [DEEP, f'{{"type": "]}},", "ctx": {DEEP}}}', f"[{DEEP}, {{}}]"])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}, {"Content-Type": "application/x-ndjson"}])
async def test_an_event_that_is_too_deep_to_be_read_harms_none_beside_it(
    instance: Connection, door: httpx.AsyncClient, deep: str, headers: dict[str, str]
) -> None:
    written = [json.dumps(event(external_id=f'"\\{name}],')) for name in "ab"]
    parts = [written[0], deep, json.dumps(event(email="nobody")), written[1]]
    body = "\n".join(parts) if "Content-Type" in headers else f"[{' , '.join(parts)}]"
    answer = await door.post(PUSH, content=body, headers={**headers, **bearer(add_caller(instance))})
    reasons = re.findall(r'"reason":"([^"]+)"', answer.text)
    assert answer.status_code == 200
    assert reasons in (
        ["the event is nested too deeply", "email is badly formed"],
        ["an event is a JSON object, not array", "email is badly formed"],
    )
    assert stored(instance, "array_agg(external_id order by id)") == ['"\\a],', '"\\b],']


async def test_numbers_and_texts_come_in_as_they_were_written(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance, event_types=["order_confirmation"]))
    ctx = '{"n": 12345678901234567890.10, "t": "\\ud83d\\ude00 zoë", "digits": ' + "9" * 5000 + "}"
    text = f'{{"type": "order_confirmation", "email": "a@b.example", "ctx": {ctx}}}'
    assert (await door.post(PUSH, content=text, headers=headers)).status_code == 202
    other = event(type="welcome")
    array = f"[{json.dumps(other)}, {text}]"
    results = (await door.post(PUSH, content=array, headers=headers)).json()["results"]
    assert results[0]["reason"] == "this caller may not push events of this type"
    same = instance.execute("select distinct ctx = %s::jsonb from message_center.event", [ctx]).fetchall()
    assert same == [(True,)]
    read = await door.get(f"/v1/events/{results[1]['id']}", headers=headers)
    assert all(number in read.text for number in ("12345678901234567890.10", "9" * 5000))


async def test_single_events_that_come_together_are_one_call_and_a_bad_one_harms_none(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    bad = ('{"type": "x", "email": "a@b.example", "ctx": {"a": "\\u0000"}}', '{"type": "x"}', "[[[]]]", "7")
    good = [json.dumps(event(external_id=f"e{n}")) for n in range(20)]
    answers = await asyncio.gather(*(door.post(PUSH, content=text, headers=headers) for text in (*good, *bad)))
    assert [each.status_code for each in answers] == [202] * 20 + [422, 422, 200, 422]
    assert stored(instance) == 20
    assert stored(instance, "count(distinct modified_xid)") < 10


async def test_of_connections_that_are_all_lost_one_call_finds_out(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    assert (await door.post(PUSH, json=event(), headers=headers)).status_code == 202
    lost = instance.execute(
        "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
        " where application_name = 'message_center_door' and datname = current_database()"
    ).fetchone()
    assert lost is not None
    assert lost[0] > 1
    answers = [await door.post(PUSH, json=event(), headers=headers) for _ in range(lost[0] + 1)]
    assert [each.status_code for each in answers] == [503, *[202] * lost[0]]


async def test_a_large_event_that_takes_long_holds_up_no_small_one(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    instance.execute(
        "create function public.take_long() returns trigger language plpgsql as $$"
        " begin perform pg_advisory_xact_lock(42); return new; end $$;"
        "create trigger take_long before insert on message_center.event for each row"
        " when (new.external_id = 'large') execute function public.take_long();"
        "select pg_advisory_lock(42)"
    )
    large = event(external_id="large", ctx={"text": "x" * 100_000})
    waiting = asyncio.create_task(door.post(PUSH, json=large, headers=headers))
    await asyncio.to_thread(until, "the large event waits", lambda: is_waited_for(instance), 20)
    small = await asyncio.gather(*(door.post(PUSH, json=event(), headers=headers) for _ in range(5)))
    assert [each.status_code for each in small] == [202] * 5
    assert not waiting.done()
    instance.execute("select pg_advisory_unlock(42)")
    assert (await waiting).status_code == 202


def is_waited_for(instance: Connection) -> bool:
    waiters = instance.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted").fetchone()
    return waiters == (1,)


async def test_a_stream_goes_in_and_its_results_come_out(instance: Connection, door: httpx.AsyncClient) -> None:
    headers = bearer(add_caller(instance)) | {"content-type": "application/x-ndjson"}
    texts = [json.dumps(event(external_id=f"e{n}")) for n in range(2500)]
    texts[7], texts[8] = "no json", json.dumps(event(ctx={"a": "x" * 300_000}))
    body = "\n".join([*texts, "", ""])
    answer = await door.post(PUSH, content=body, headers=headers)
    assert answer.headers["content-type"] == "application/x-ndjson"
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["line"] for each in results] == list(range(1, 2501))
    refused = {each["line"]: each["reason"] for each in results if "reason" in each}
    assert refused == {8: "the line is not JSON in UTF-8", 9: "the line has more than 200000 bytes"}
    assert stored(instance, "array_agg(external_id order by id)") == [f"e{n}" for n in range(2500) if n not in (7, 8)]


async def test_an_event_that_the_instance_refuses_a_whole_call_for_harms_no_other(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    instance.execute(
        "create function public.refuse() returns trigger language plpgsql as $$ begin raise 'not this one'; end $$;"
        "create trigger refuse before insert on message_center.event for each row when (new.external_id in ('7', '19'))"
        " execute function public.refuse()"
    )
    headers = bearer(add_caller(instance))
    texts = [json.dumps(event(external_id=str(number))) for number in range(20)]
    stream = await door.post(PUSH, content="\n".join(texts), headers=headers | {"content-type": "application/x-ndjson"})
    results = [json.loads(line) for line in stream.text.splitlines()]
    assert {each["line"]: each["reason"] for each in results if "reason" in each} == {
        8: "not storable: not this one",
        20: "not storable: not this one",
    }
    single = await asyncio.gather(*(door.post(PUSH, content=text, headers=headers) for text in texts))
    assert [each.status_code for each in single] == [422 if n in (7, 19) else 202 for n in range(20)]
    array = await door.post(PUSH, content=f"[{','.join(texts)}]", headers=headers)
    assert {each["position"]: each["reason"] for each in array.json()["results"] if "reason" in each} == {
        8: "not storable: not this one",
        20: "not storable: not this one",
    }
    assert stored(instance) == 54


async def test_nobody_waits_for_ever_for_an_instance_that_leaves_results_out(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    instance.execute("""
        create or replace function message_center.push_events_of(
            caller text, queue message_center.event_queue, events json
        ) returns table ("position" integer, id bigint, reason text)
        language sql as 'select 1, 2::bigint, null::text where false'
    """)
    calls = (door.post(PUSH, json=event(), headers=headers) for _ in range(2))
    answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 30)
    assert [type(each) for each in answers] == [ValueError] * 2, "which a door logs, and answers with 500"


class Wire:
    """A request and its answer, piece by piece: what no client library shows."""

    def __init__(self, door: httpx.AsyncClient, path: str, secret: str, media_type: str) -> None:
        transport = door._transport
        assert isinstance(transport, httpx.ASGITransport)
        self.app, self.answered, self.statuses = transport.app, b"", list[int]()
        self.coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
            "query_string": b"", "root_path": "", "scheme": "http", "server": ("door.example", 80), "client": None,
            "headers": [(b"authorization", f"Bearer {secret}".encode()), (b"content-type", media_type.encode())],
        }  # fmt: skip

    def put(self, body: str, more: bool = True) -> None:
        self.coming.put_nowait({"type": "http.request", "body": body.encode(), "more_body": more})

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_send.wait()
        self.answered += message.get("body", b"")
        self.statuses += [message["status"]] if "status" in message else []

    def start(self) -> asyncio.Task[None]:
        called = self.app(self.scope, self.coming.get, self.send)  # type: ignore[arg-type]
        return asyncio.ensure_future(called)

    async def until_lines(self, count: int) -> None:
        await asyncio.to_thread(until, "results", lambda: len(self.answered.splitlines()) >= count, 30)


@pytest.mark.parametrize("count", [1, 3, 1000])
async def test_a_stream_answers_while_it_is_still_coming(
    instance: Connection, door: httpx.AsyncClient, count: int
) -> None:
    """Few lines or many, their results are there before the next line is: who waits for them does not wait for ever."""
    wire = Wire(door, PUSH, add_caller(instance), "application/x-ndjson")
    done = wire.start()
    for lines in (1, 2):
        wire.put(f"{json.dumps(event())}\n" * count + '{"half": ')
        await wire.until_lines(count * lines)
        wire.put("1}\n")
        count += 1
    wire.put(json.dumps(event()), more=False)
    await asyncio.wait_for(done, 30)
    assert json.loads(wire.answered.splitlines()[-1])["id"]


async def test_a_client_that_reads_nothing_before_it_has_sent_all_is_not_waited_for(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    wire = Wire(door, PUSH, add_caller(instance), "application/x-ndjson")
    done = wire.start()
    wire.may_send.clear()
    for number in range(3):
        wire.put(f"{json.dumps(event())}\n" * 1000, more=number < 2)
    await asyncio.to_thread(until, "all is stored", lambda: stored(instance) == 3000, 30)
    wire.may_send.set()
    await asyncio.wait_for(done, 30)
    assert [json.loads(line)["line"] for line in wire.answered.splitlines()] == list(range(1, 3001))


async def test_results_that_find_no_room_are_a_fault_that_is_told(
    instance: Connection, door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer breaks off, and the log has the reason."""
    monkeypatch.setattr(unread, "MAX_IN_MEMORY", 100)
    monkeypatch.setattr(tempfile, "tempdir", "/no such folder")
    wire = Wire(door, PUSH, add_caller(instance), "application/x-ndjson")
    wire.put(f"{json.dumps(event())}\n" * 10, more=False)
    with pytest.raises(FileNotFoundError):
        await asyncio.wait_for(wire.start(), 30)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (PUSH, "application/json"),
        (PUSH, "application/x-ndjson"),
        ("/campaign/mcx/order", "application/json"),
        ("/nl/jsp/soaprouter.jsp", "text/xml"),
    ],
)
async def test_a_body_that_breaks_off_is_not_stored_and_no_fault_of_ours(
    instance: Connection, door: httpx.AsyncClient, path: str, media_type: str
) -> None:
    wire = Wire(door, path, add_caller(instance), media_type)
    wire.put(json.dumps(event()))
    wire.coming.put_nowait({"type": "http.disconnect"})
    await asyncio.wait_for(wire.start(), 30)
    assert wire.statuses == [200 if "ndjson" in media_type else 400]
    assert stored(instance) == 0


@pytest.mark.parametrize(
    ("path", "headers", "status_code"),
    [
        (PUSH, {"content-encoding": "gzip"}, 415),
        (PUSH, {"content-encoding": "gzip", "content-type": "application/x-ndjson"}, 415),
        ("/campaign/mcx/order", {"content-encoding": "deflate"}, 415),
        ("/nl/jsp/soaprouter.jsp", {"content-encoding": "br"}, 415),
        (PUSH, {"idempotency-key": "k", "content-type": "application/x-ndjson"}, 400),
        (PUSH, {"content-encoding": "Identity"}, 202),
    ],
)
async def test_what_a_header_asks_for_is_done_or_refused(
    instance: Connection, door: httpx.AsyncClient, path: str, headers: dict[str, str], status_code: int
) -> None:
    answer = await door.post(path, json=event(), headers=bearer(add_caller(instance)) | headers)
    assert answer.status_code == status_code, answer.text
    assert stored(instance) == (status_code < 300)
    assert "Content-Encoding" in answer.text or status_code != 415


@pytest.mark.parametrize(
    "media_type", ["application/ndjson", "application/jsonl", "Application/X-NDJSON; charset=utf-8", "text/x-ndjson"]
)
async def test_a_stream_is_known_by_any_of_its_names(
    instance: Connection, door: httpx.AsyncClient, media_type: str
) -> None:
    body = f"\ufeff{json.dumps(event())}\r\n{json.dumps(event())}\r\n"
    answer = await door.post(PUSH, content=body, headers=bearer(add_caller(instance)) | {"content-type": media_type})
    assert [json.loads(line)["line"] for line in answer.text.splitlines() if '"id"' in line] == [1, 2]


@pytest.mark.parametrize("path", [f"{PUSH}/", f"/{PUSH}", "/v1//rt/events", "/v1/rt%2Fevents"])
async def test_a_slash_too_many_does_no_harm(instance: Connection, door: httpx.AsyncClient, path: str) -> None:
    body = f"\ufeff{json.dumps(event())}"
    answer = await door.post(f"{BASE}{path}", content=body, headers=bearer(add_caller(instance)))
    assert answer.status_code == 202, answer.text
    assert (await door.post(f"{BASE}//none/", headers=bearer("x"))).status_code == 404


@pytest.mark.parametrize(
    "address", ["ann+tag@shop.example", "ANN%2Btag@shop.example", "+33600000000", "%2B33600000000", "06+00", "06%2000"]
)
async def test_an_address_is_found_as_it_is_typed_into_a_query(
    instance: Connection, door: httpx.AsyncClient, address: str
) -> None:
    headers = bearer(add_caller(instance))
    phones = [event(wished_channel=1, mobile_phone=phone) for phone in ("+33600000000", "06 00")]
    await door.post(PUSH, json=[event(email="ann+tag@shop.example"), *phones], headers=headers)
    found = (await door.get(f"/v1/events?address={address}", headers=headers)).json()["events"]
    assert len(found) == 1


@pytest.mark.parametrize("path", ["/health", "/r/test", "/nl/jsp/mcPing.jsp"])
async def test_a_balancer_may_ask_for_the_head_only(door: httpx.AsyncClient, path: str) -> None:
    assert (await door.head(path)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status_code", "told"),
    [
        ("", 400, "not JSON"),
        ("{", 400, "not JSON"),
        (b"\xff", 400, "not UTF-8"),
        ('{"a": NaN}', 400, "not JSON"),
        ('{"a": -Infinity}', 400, "not JSON"),
        ("[" * 100_000, 400, "too deep"),
        (f'{{"ctx": {DEEP}}}', 400, "too deep"),
        ("{}", 422, "refused"),
        ("{} , {}", 400, "not JSON"),
        ("{}\n{}", 400, "not JSON"),
        ('"text"', 422, "refused"),
        (json.dumps({"type": "x", "email": "a@b.example", "ctx": {"k" * 190_000: 1}}), 202, ""),
        ("x" * 200_001, 413, "too large"),
    ],
)
async def test_a_bad_body_is_refused_with_a_remedy(
    instance: Connection, door: httpx.AsyncClient, body: str | bytes, status_code: int, told: str
) -> None:
    answer = await door.post(PUSH, content=body, headers=bearer(add_caller(instance)))
    assert answer.status_code == status_code
    assert told in answer.json().get("title", "")
    assert bool(answer.json().get("remedy")) == (status_code >= 400)
    assert told != "not JSON" or "application/x-ndjson" in answer.text, "lines are taken by another name"


@pytest.mark.parametrize(
    ("method", "path", "status_code"),
    [
        ("GET", "/v1/events/abc", 404),
        ("GET", "/v1/events/99999999999999999999", 404),
        ("GET", "/v1/events/9999999999999999999", 404),
        ("GET", "/v1/events/1", 404),
        ("GET", "/v1/events", 400),
        ("GET", "/v1/events?external_id=a&address=b", 400),
        ("GET", "/v1/events?external_id=%00", 400),
        ("GET", "/v1/events?external_id=a&external_id=b", 400),
        ("GET", "/v1/events?external_id=a&status=Sent", 400),
        ("GET", f"/v1/events?external_id={'x' * 300}", 400),
        ("POST", "/v1/slow/events", 404),
        ("PUT", PUSH, 405),
        ("GET", "/v2", 404),
    ],
)
async def test_a_bad_address_is_refused_with_a_remedy(
    instance: Connection, door: httpx.AsyncClient, method: str, path: str, status_code: int
) -> None:
    answer = await door.request(method, path, headers=bearer(add_caller(instance)))
    assert answer.status_code == status_code
    assert answer.json()["remedy"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_trace_goes_on_with_the_event_and_a_broken_one_does_not(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    headers = bearer(add_caller(instance))
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for sent in (trace, "00-none", trace.replace("4", "0").upper()):
        assert (await door.post(PUSH, json=event(), headers={**headers, "traceparent": sent})).status_code == 202
    assert stored(instance, "array_agg(traceparent order by id)") == [trace, None, None]


async def test_the_document_says_what_there_is(door: httpx.AsyncClient) -> None:
    document = (await door.get("/openapi.json")).json()
    assert document["paths"].keys() >= {"/v1/{queue}/events", "/v1/events/{event_id}", "/v1/events"}
    assert document["components"]["securitySchemes"]["secret"]["scheme"] == "bearer"
    assert "Location" in document["paths"]["/v1/{queue}/events"]["post"]["responses"]["202"]["headers"]
    of_doors = (path for name, path in document["paths"].items() if not name.startswith("/nl/"))
    answers = (answer for path in of_doors for call in path.values() for answer in call["responses"].items())
    assert all("Retry-After" in told["headers"] for code, told in answers if code in ("429", "503"))
    campaign = document["paths"]["/campaign/{api}/{event_type}"]["post"]["parameters"]
    assert {"Idempotency-Key", "traceparent"} <= {each["name"] for each in campaign}
    assert (await door.get("/docs")).status_code == 200


async def test_the_archive_has_whose_event_it_was(
    instance: Connection, control: Connection, door: httpx.AsyncClient
) -> None:
    trace = f"00-{'1' * 32}-{'2' * 16}-01"
    headers = bearer(add_caller(instance)) | {"traceparent": trace}
    assert (await door.post(PUSH, json=event(), headers=headers)).status_code == 202
    archive_stream(instance, control, "mcTest", EVENTS)
    archived = "select caller, traceparent, extra from archive.event"
    assert control.execute(archived).fetchall() == [("shop", trace, None)]
