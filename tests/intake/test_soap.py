"""The door for callers of Campaign Classic's SOAP API, by a client that is not ours and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from lxml import etree
from zeep import AsyncClient
from zeep.exceptions import Fault
from zeep.transports import AsyncTransport

from support.doors import BASE, add_caller, bearer
from support.events import deploy_template, push, route

Connection = psycopg.Connection[Any]
ROUTER = "/nl/jsp/soaprouter.jsp"
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/>'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
EVENT = '<rtEvent type="order" email="john@shop.example" externalId="o-1"><ctx><n>1</n></ctx></rtEvent>'
XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
PUSH = (
    '<u:PushEvent xmlns:u="urn:nms:rtEvent"><u:sessiontoken>{}</u:sessiontoken>'
    "<u:domEvent>{}</u:domEvent></u:PushEvent>"
)


async def client(door: httpx.AsyncClient, folder: Path, schema: str) -> AsyncClient:
    """A SOAP client that knows nothing but the WSDL."""
    file = folder / "service.wsdl"
    file.write_bytes((await door.get(f"/nl/jsp/schemawsdl.jsp?schema={schema}")).content)
    transport = AsyncTransport(client=door)  # type: ignore[no-untyped-call]
    return AsyncClient(str(file), transport=transport)  # type: ignore[no-untyped-call]


async def send(door: httpx.AsyncClient, body: str, query: str = "", **headers: str) -> etree._Element:
    """Send a call, and return what is in the body of its answer."""
    answered = await door.post(
        f"{ROUTER}{query}", content=ENVELOPE.format(body), headers={"content-type": "text/xml", **headers}
    )
    assert answered.status_code == 200, answered.text
    assert b"<SOAP-ENV:Envelope " in answered.content
    return etree.fromstring(answered.content)[0][0]


def fault_of(element: etree._Element) -> str:
    assert etree.QName(element).localname == "Fault"
    return " ".join(str(text) for text in element.itertext())


@pytest.mark.parametrize(("schema", "queue"), [("nms:rtEvent", "rt"), ("nms:batchEvent", "batch")])
async def test_a_client_made_from_the_wsdl_pushes_and_is_told_the_id(
    instance: Connection, door: httpx.AsyncClient, tmp_path: Path, schema: str, queue: str
) -> None:
    secret = add_caller(instance)
    service = (await client(door, tmp_path, schema)).service
    event = etree.fromstring(EVENT)
    id_ = await service.PushEvent(sessiontoken=secret, domEvent={"_value_1": [event]})
    stored = instance.execute("select id, queue::text, type, external_id, ctx, caller from message_center.event")
    assert stored.fetchall() == [(id_, queue, "order", "o-1", {"n": "1"}, "shop")]
    with pytest.raises(Fault, match="email is badly formed"):
        await service.PushEvent(
            sessiontoken=f"shop/{secret}", domEvent={"_value_1": [etree.fromstring('<e type="a" email="b"/>')]}
        )


@pytest.mark.parametrize("count", [1, 3])
async def test_a_collection_has_a_result_for_each(
    instance: Connection, door: httpx.AsyncClient, tmp_path: Path, count: int
) -> None:
    service = (await client(door, tmp_path, "nms:rtEvent")).service
    events = etree.Element("events")
    for number in range(count):
        events.append(etree.fromstring(EVENT.replace("john@", "" if number == 1 else "john@")))
    answered = await service.PushEvents(sessiontoken=add_caller(instance), domEventCollection={"_value_1": [events]})
    (results,) = answered
    assert [int(each.get("id")) > 0 for each in results] == [number != 1 for number in range(count)]
    assert [each.get("error") for each in results] == [
        None if number != 1 else "email is badly formed" for number in range(count)
    ]


@pytest.mark.parametrize(
    "headers",
    [
        lambda secret: {"x-session-token": secret},
        lambda secret: {"x-security-token": secret},
        lambda secret: {"cookie": f"__sessiontoken={secret}"},
        lambda secret: bearer(secret),
    ],
)
async def test_a_secret_may_come_by_a_header(instance: Connection, door: httpx.AsyncClient, headers: Any) -> None:
    secret = add_caller(instance)
    answered = await send(door, PUSH.format("", EVENT), **headers(secret))
    assert answered.tag == "{urn:nms:rtEvent}PushEventResponse"
    (id_,) = answered
    assert id_.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "xsd:long"
    assert int(str(id_.text)) >> 56 == 1


async def test_whoever_logs_on_gets_a_session_and_is_told_when_it_is_over(
    instance: Connection, door: httpx.AsyncClient, tmp_path: Path
) -> None:
    secret = add_caller(instance)
    service = (await client(door, tmp_path, "xtk:session")).service
    given = {"sessiontoken": "", "strLogin": "shop", "elemParameters": None}
    told = await service.Logon(**given, strPassword=secret)
    session = told["pstrSessionToken"]
    assert session == told["pstrSecurityToken"] != secret
    assert (await service.Logon(**given, strPassword=secret))["pstrSessionToken"] == session, (
        "and not one for each call"
    )
    assert (await send(door, PUSH.format(session, EVENT))).tag.endswith("PushEventResponse")

    for password in (f"{secret}x", session, "", "'"):
        with pytest.raises(Fault):
            await service.Logon(**given, strPassword=password)
    with pytest.raises(Fault, match="Invalid login"):
        await service.Logon(sessiontoken="", strLogin="bank", strPassword=secret, elemParameters=None)

    instance.execute("update message_center.caller_key set expires_at = now() where is_session")
    door_state = door._transport.app.state.doors  # type: ignore[attr-defined]
    await door_state.instances[0].refresh()
    assert "XSV-350008" in fault_of(await send(door, PUSH.format(session, EVENT)))


async def test_a_query_tells_the_status_of_ones_own_events(
    instance: Connection, door: httpx.AsyncClient, tmp_path: Path
) -> None:
    secret = add_caller(instance)
    deploy_template(instance, "order")
    id_ = str((await send(door, PUSH.format(secret, EVENT)))[0].text)
    route(instance)
    (other,) = push(instance, {"type": "order", "email": "john@shop.example", "external_id": "o-1", "ctx": {}})
    service = (await client(door, tmp_path, "xtk:queryDef")).service

    async def asked(condition: str, operation: str = "select", schema: str = "nms:rtEvent") -> Any:
        query = etree.fromstring(
            f'<queryDef schema="{schema}" operation="{operation}"><select><node expr="@id"/><node expr="@statusLabel"/>'
            f'</select><where><condition expr="{condition}"/></where></queryDef>'
        )
        answered = await service.ExecuteQuery(sessiontoken=secret, entity={"_value_1": [query]})
        return [dict(each.attrib) for each in answered[0].iter()]

    mine = {"id": id_, "statusLabel": "Pending delivery"}
    for condition in (f"@id = {id_}", "@externalId='o-1'", "@email = 'JOHN@shop.example'"):
        assert await asked(condition) == [{}, mine]
        assert await asked(condition, "get") == [mine]
        assert await asked(condition, "count") == [{"count": "1"}]
    assert await asked(f"@id = {other}") == [{}]
    assert await asked(f"@id = {id_}", schema="nms:batchEvent") == [{}]
    for condition in ("@id > 1", "@status = 0", "1=1", "@email = 'a' or 1=1", f"[@id = {id_}", "@email = 'a&quot;"):
        with pytest.raises(Fault, match="not answered"):
            await asked(condition)
    # An answer to half of what was asked would be a wrong one.
    for more in ('" sql="1=0', '" setOperator="NOT EXISTS', '"/><condition sql="1=0', '"/><condition expr="@email = 1'):
        with pytest.raises(Fault, match="not answered"):
            await asked(f"@id = {id_}{more}")
    with pytest.raises(Fault, match="not answered"):
        await asked(f"@id = {id_}", "delete")

    # However many there are in the other queue.
    many = json.dumps([{"type": "order", "email": "john@shop.example", "ctx": {}}] * 120)
    instance.execute("select message_center.push_events_of('shop', 'batch', %s::json)", [many])
    for condition in ("@email = &quot;john@shop.example&quot;", "[@email] = 'john@shop.example'"):
        assert await asked(condition) == [{}, mine]
    assert await asked("@email = 'john@shop.example'", "count", "nms:batchEvent") == [{"count": "120"}]


QUERY = (
    '<u:ExecuteQuery xmlns:u="urn:xtk:queryDef"><u:sessiontoken>{}</u:sessiontoken><u:entity>'
    '<queryDef schema="nms:rtEvent" operation="select"><select><node expr="@type"/></select>'
    "<where><condition expr=\"@externalId = 'o-1'\"/></where></queryDef></u:entity></u:ExecuteQuery>"
)


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("</queryDef>", '<groupBy><node expr="@type"/></groupBy></queryDef>', "groupBy"),
        ("operation=", 'distinct="true" operation=', "@distinct"),
        ("<where>", '<where filterName="mine">', "where/@filterName"),
        ('"@type"/>', '"@type"/><node expr="@recipient"/>', "@recipient"),
        ('"@type"', '"count(@id)"', "count(@id)"),
        ("operation=", 'lineCount="many" operation=', "many"),
        ("</queryDef>", '<orderBy><node expr="@recipient"/></orderBy></queryDef>', "@recipient"),
        ("'o-1'", "'none'", ""),
        ('operation="select"><select>', 'operation="get"><select><!-- none -->', ""),
    ],
)
async def test_what_a_query_asks_for_is_answered_or_named(
    instance: Connection, door: httpx.AsyncClient, written: str, instead: str, told: str
) -> None:
    """What is passed over is a wrong answer: whoever reads page by page would read the first one for ever."""
    answered = await send(door, QUERY.format(add_caller(instance)).replace(written, instead))
    if told:
        assert told in fault_of(answered)
    elif "get" in instead:
        assert "finds no event" in fault_of(answered)
    else:
        assert [dict(each.attrib) for each in answered[0][0]] == []


async def test_events_are_shown_in_the_order_and_from_where_they_are_asked_for(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    secret = add_caller(instance)
    events = "".join(EVENT.replace("order", kind) for kind in ("b", "c", "a"))
    await send(door, PUSH.format(secret, events).replace("PushEvent", "PushEvents"))

    async def types(more: str, lines: str = "") -> list[str | None]:
        body = (
            QUERY.format(secret)
            .replace("</queryDef>", f"{more}</queryDef>")
            .replace("operation=", f"{lines} operation=")
        )
        body = body.replace('"@type"', '"@type" alias="@kind"', 1)
        return [each.get("kind") for each in (await send(door, body))[0][0]]

    by_type = '<orderBy><node expr="@type"/></orderBy>'
    assert await types("") == ["a", "c", "b"], "the newest first"
    assert await types(by_type) == ["a", "b", "c"]
    assert await types(by_type.replace("/></", ' sortDesc="true"/></')) == ["c", "b", "a"]
    assert await types(by_type, 'lineCount="2"') == ["a", "b"]
    assert await types(by_type, 'lineCount="2" startLine="2"') == ["c"]
    assert await types(by_type, 'lineCount="2" startLine="4"') == []


async def test_what_an_event_was_sent_with_is_shown_to_whoever_asks(
    instance: Connection, door: httpx.AsyncClient
) -> None:
    secret = add_caller(instance)
    sent = {"email": "john@shop.example", "wishedChannel": "0", "language": "fr", "mobilePhone": "+33612345678"}
    written = " ".join(f'{name}="{value}"' for name, value in sent.items() if name != "email")
    await send(door, PUSH.format(secret, EVENT.replace(" type=", f" {written} type=")))
    asked = "".join(f'<node expr="@{name}"/>' for name in sent)
    (found,) = (await send(door, QUERY.format(secret).replace('<node expr="@type"/>', asked)))[0][0]
    assert {name: found.get(name) for name in sent} == sent


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "no SOAP call"),
        (PUSH.format("x", EVENT) * 2, "no SOAP call"),
        ("<a>" * 4_000 + "</a>" * 4_000, "no such method"),
        ('<Push xmlns="urn:nms:rtEvent"/>', "no such method"),
        ('<PushEvent xmlns="urn:nms:recipient"/>', "no such method"),
        ('<PushEvent xmlns="urn:nms:rtEvent"/>', "Unknown caller"),
        (PUSH.format("", EVENT), "Unknown caller"),
        # A session of the server that was here before: its caller logs on anew.
        (PUSH.format("___d4f5b1c2-e7a0-4f3a", EVENT), "XSV-350008"),
        (PUSH.format("shop/nobody", EVENT), "Unknown caller"),
    ],
)
async def test_a_bad_call_is_a_fault_with_a_remedy(
    instance: Connection, door: httpx.AsyncClient, body: str, told: str
) -> None:
    add_caller(instance)
    assert told in fault_of(await send(door, body))


async def test_a_bad_event_of_a_collection_harms_none_beside_it(instance: Connection, door: httpx.AsyncClient) -> None:
    bad = {
        EVENT.replace("</ctx>", "</ctx><ctx/>"): "one ctx",
        '<rtEvent type="order"><ctx/></rtEvent>': "email is missing",
        '<rtEvent email="a@b.example"><m/><ctx/></rtEvent>': "type is missing",
        EVENT.replace("<ctx>", f"<ctx>{'<a>' * 200}{'</a>' * 200}"): "nested deeper than",
        EVENT.replace("<ctx>", f"<m>{'<a>' * 5_000}{'</a>' * 5_000}</m><ctx>"): "nested too deeply",
    }
    events = "".join(f"{EVENT}{each}" for each in bad)
    body = PUSH.format(add_caller(instance), f"<events>{events}</events>").replace("PushEvent", "PushEvents")
    (results,) = (await send(door, body))[0]
    assert [int(each.get("id", "")) > 0 for each in results] == [True, False] * len(bad)
    told = [str(each.get("error")) for each in results][1::2]
    assert all(part in whole for part, whole in zip(bad.values(), told, strict=True)), told
    assert instance.execute("select count(*) from message_center.event").fetchone() == (len(bad),)
    one = body.replace(events, EVENT.replace(' type="order"', "").replace("<ctx>", "<m/><ctx>"))
    assert len((await send(door, one))[0][0]) == 1, "an event without a type is no parent of events"
    assert "no event" in fault_of(await send(door, body.replace(events, "")))


@pytest.mark.parametrize(
    ("change", "wished_channel", "ctx"),
    [
        (lambda body: body.replace("soapenv:", "").replace("xmlns:soapenv", "xmlns"), 0, {"n": "1"}),
        (lambda body: body.replace("<rtEvent", '<rtEvent xmlns="urn:acme"'), 0, {"n": "1"}),
        (lambda body: body.replace("u:sessiontoken", "param0").replace("u:domEvent", "param1"), 0, {"n": "1"}),
        (lambda body: body.replace("schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap-envelope"), 0, None),
        (lambda body: body.replace("<ctx>", "<m>1</m><m>2</m><ctx>"), 0, {"n": "1", "_event": {"m": ["1", "2"]}}),
        (lambda body: body.replace(" type=", ' wishedChannel="email" emailFormat="HTML" type='), 0, {"n": "1"}),
        (lambda body: body.replace(" type=", ' wishedChannel="Mobile" mobilePhone="+33" type='), 1, {"n": "1"}),
        (lambda body: f'<?xml version="1.0" encoding="UTF-16"?>{body}'.encode("utf-16"), 0, {"n": "1"}),
        (lambda body: body.replace("<n>1", "<n>é").encode("latin1"), 0, {"n": "é"}),
        (
            lambda body: body.replace("<ctx><n", f'<ctx {XSI} i:type="x"><m i:nil="true"/><n i:type="xsd:int"'),
            0,
            {"m": "", "n": "1"},
        ),
    ],
    ids=[
        "default namespace",
        "own namespace",
        "other names",
        "SOAP 1.2",
        "repeated",
        "words",
        "mobile",
        "UTF-16",
        "charset",
        "types",
    ],
)
async def test_an_envelope_comes_in_as_others_write_it(
    instance: Connection, door: httpx.AsyncClient, change: Any, wished_channel: int, ctx: Any
) -> None:
    body = change(ENVELOPE.format(PUSH.format(add_caller(instance), EVENT)))
    # What says nothing of it itself is in the encoding that comes with it.
    charset = "iso-8859-1" if isinstance(body, bytes) else "utf-8"
    headers = {"content-type": f"text/xml; charset={charset}"}
    answer = await door.post(ROUTER, content=body, headers=headers)
    assert "<plId" in answer.text, answer.text
    row = instance.execute("select wished_channel, ctx from message_center.event").fetchone()
    assert row == (wished_channel, ctx or {"n": "1"})


@pytest.mark.parametrize("within", ["", "<a/><b/>", "text"])
async def test_a_parameter_without_an_event_is_refused(
    instance: Connection, door: httpx.AsyncClient, within: str
) -> None:
    assert "no event" in fault_of(await send(door, PUSH.format(add_caller(instance), within)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_a_large_document_is_read_for_callers_alone(
    instance: Connection, door: httpx.AsyncClient, encoding: str
) -> None:
    secret, large = add_caller(instance), "<no XML" * 10_000
    sent = {
        large: "XSV-350008",
        f"mc_{'a' * 16}_{'b' * 43}{large}": "XSV-350008",
        f"{secret}{large}": "is not XML",
        f"{large}{secret}": "XSV-350008",
    }
    for text, fault in sent.items():
        answered = await door.post(ROUTER, content=text.encode(encoding))
        assert fault in answered.text, text[:100]
    answered = await door.post(ROUTER, content=large.encode(encoding), headers={"x-security-token": secret})
    assert "is not XML" in answered.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<a",
        b"<a>&unknown;</a>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!-- <a> --><?p ?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://169.254.169.254/">]><a>&x;</a>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
        b"<a>" * 50_000,
        b"<a b='" + b"x" * 200_000 + b"'/>",
        b"<a>\x00</a>",
        b"\xff\xfe<",
    ],
)
async def test_what_xml_can_do_besides_being_read_is_refused(
    instance: Connection, door: httpx.AsyncClient, body: bytes
) -> None:
    answered = await door.post(ROUTER, content=body, headers={"x-session-token": add_caller(instance)})
    assert answered.status_code in (400, 413)
    assert "SOAP-ENV:Fault" in answered.text
    assert "passwd" not in answered.text


async def test_a_text_with_the_words_of_a_dtd_is_a_text(instance: Connection, door: httpx.AsyncClient) -> None:
    event = '<e type="a" email="a@b.example"><ctx><html><![CDATA[<!DOCTYPE html><p>&amp;]]></html></ctx></e>'
    await send(door, PUSH.format(add_caller(instance), event))
    assert instance.execute("select ctx ->> 'html' from message_center.event").fetchall() == [
        ("<!DOCTYPE html><p>&amp;",)
    ]


@pytest.mark.parametrize(
    "name", ["ISO-8859-1", "Latin-1", "utf8", "iso8859-15", "cp1252", "windows-1250", "iso-8859-2"]
)
@pytest.mark.parametrize("is_within", [True, False])
async def test_a_declared_encoding_is_read(
    instance: Connection, door: httpx.AsyncClient, name: str, is_within: bool
) -> None:
    """By whatever name it has, in the document or beside it."""
    event = '<e type="a" email="a@b.example"><ctx><name>Zoë</name></ctx></e>'
    text = ENVELOPE.format(PUSH.format(add_caller(instance), event))
    declared = f"<?xml version='1.0' encoding='{name}'?>{text}" if is_within else text
    headers = {} if is_within else {"content-type": f"text/xml;charset={name}"}
    assert (await door.post(ROUTER, content=declared.encode(name), headers=headers)).status_code == 200
    assert instance.execute("select ctx ->> 'name' from message_center.event").fetchall() == [("Zoë",)]


async def test_what_an_event_has_besides_comes_into_its_ctx(instance: Connection, door: httpx.AsyncClient) -> None:
    """Callers have added columns over there, and change nothing here."""
    event = (
        '<rtEvent xmlns="" type="a" wishedChannel="41" registrationToken="t" emailFormat="" correlationId="c-1">'
        '<mobileApp uuid="u"/><ctx xmlns:x="urn:x" x:y="z"><a>1</a><a>2</a></ctx></rtEvent>'
    )
    await send(door, PUSH.format(add_caller(instance), event))
    row = instance.execute("select wished_channel, registration_token, ctx from message_center.event").fetchone()
    assert row == (
        41,
        "t",
        {"@{urn:x}y": "z", "a": ["1", "2"], "_event": {"@correlationId": "c-1", "mobileApp": {"@uuid": "u"}}},
    )


async def test_a_key_in_the_header_makes_a_second_call_the_first(instance: Connection, door: httpx.AsyncClient) -> None:
    body = PUSH.format(add_caller(instance), EVENT)
    headers = {"idempotency-key": "k", "soapaction": '"nms:rtEvent#PushEvent"'}
    first, second = [str((await send(door, body, **headers))[0].text) for _ in range(2)]
    assert first == second


@pytest.mark.parametrize(
    "headers",
    [
        {"soapaction": "nms:batchEvent#PushEvent"},
        {"content-type": 'application/soap+xml; charset=utf-8; action="nms:batchEvent#PushEvent"'},
        {"query": "?soapaction=nms:batchEvent%23PushEvent"},
    ],
)
async def test_the_action_says_which_schema(
    instance: Connection, door: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    body = PUSH.format(add_caller(instance), EVENT).replace("urn:nms:rtEvent", "urn:wpp:default")
    await send(door, body, **headers)
    assert instance.execute("select queue::text from message_center.event").fetchall() == [("batch",)]


async def test_monitoring_is_told_how_full_the_queues_are(instance: Connection, door: httpx.AsyncClient) -> None:
    push(instance, *[{"type": "a", "email": "a@b.example", "ctx": {}}] * 7)
    answered = await door.get("/nl/jsp/mcPing.jsp")
    status, moment, pending = answered.text.splitlines()
    assert (status, pending) == ("Ok", "7/400 pending events")
    assert moment.startswith("20")
    assert "status='OK'" in (await door.get("/r/test")).text
    assert (await door.get("/nl/jsp/schemawsdl.jsp?schema=nms:recipient")).status_code == 404
    # As behind a proxy with TLS, and by either method.
    wsdl = await door.post("/nl/jsp/schemawsdl.jsp?schema=nms:rtEvent", headers={"x-forwarded-proto": "https"})
    assert f'location="{BASE.replace("http:", "https:")}{ROUTER}"' in wsdl.text
    push(instance, *[{"type": "a", "email": "a@b.example", "ctx": {}}] * 400)
    door._transport.app.state.doors.instances[0].counted_at = 0.0  # type: ignore[attr-defined]
    full = await door.get("/nl/jsp/mcPing.jsp")
    assert full.status_code == 503
    assert "The queue is full (401/400)" in full.text
