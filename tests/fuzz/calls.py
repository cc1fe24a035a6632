"""Calls of the doors at random: what each takes, spoilt, in bodies, headers, paths and queries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from fuzz.inputs import TEXTS, Inputs
from support.events import event

GOOD = json.dumps(event())
CORPUS = Path(__file__).parent / "corpus"
SECRET = "SECRET"
"""What stands in a body for the secret of a caller."""
XML = (
    '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<u:PushEvent xmlns:u="urn:nms:rtEvent"><u:sessiontoken>SECRET</u:sessiontoken><u:domEvent>'
    '<rtEvent type="order" email="john@shop.example" wishedChannel="0"><ctx><a x="1">t</a><![CDATA[<b>]]></ctx>'
    "</rtEvent>"
    "</u:domEvent></u:PushEvent></e:Body></e:Envelope>"
)
PIECES = (
    b"<!DOCTYPE a [", b"<!ENTITY b 'c'>", b"]>", b"&b;", b"&#0;", b"&#x110000;", b"&lt;", b"<![CDATA[", b"]]>", b"<!--",
    b"<?x?>", b"xmlns=''", b"xmlns:u='urn:x'", b"<ctx>", b"</ctx>", b"<e:Body>", b'encoding="UTF-16"', b'"', b"'", b"=",
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b",", b"\n", b"NaN", b"1e5000", b"\\u0000", b"\\ud800",
)  # fmt: skip
HEADERS = (
    "authorization", "content-type", "content-length", "idempotency-key", "traceparent", "soapaction", "cookie",
    "x-session-token", "x-security-token", "transfer-encoding", "x-forwarded-proto", "host", "content-encoding",
)  # fmt: skip
VALUES = (
    b"Bearer", b"Bearer mc_0123456789abcdef_", b"Basic eDp5", b"application/x-ndjson; charset=utf-16", b"-1", b"1e9",
    b"9" * 40, b"nms:rtEvent#PushEvent", b'"xtk:session#Logon"', b"#", b'action="', b"__sessiontoken=x/y; a=\xff",
    b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"chunked", b"", b'""', b"x" * 300, b"\xc3\xa9",
    b"gzip", b"text/xml; charset=utf-16", b"text/xml; charset=iso-8859-1",
)  # fmt: skip


class Call(NamedTuple):
    """A request as a server hands it to an application: its path is decoded, its query is not."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    query: bytes = b""


@cache
def kept(door: str) -> list[bytes]:
    """Return the bodies of the corpus that a door is given."""
    return [path.read_bytes() for path in sorted((CORPUS / door).glob("*"))]


def spoilt(inputs: Inputs, body: bytes, at_least: int = 0) -> bytes:
    """Return a body as it is, or with some of it taken away, doubled, or put between."""
    for _ in range(inputs.random.randint(at_least, 3)):
        at = inputs.random.randint(0, len(body))
        kind = inputs.random.random()
        if kind < 0.2:
            body = body[:at] + body[at + inputs.random.randint(1, 9) :]
        elif kind < 0.3:
            end = at + inputs.random.randint(1, 60)
            body = body[:end] + body[at:end] * inputs.random.randint(1, 3) + body[end:]
        elif kind < 0.7:
            body = body[:at] + inputs.random.choice(PIECES) + body[at:]
        else:
            body = body[:at] + inputs.random.choice(TEXTS).encode(errors="surrogatepass") + body[at:]
    return body


ENTERING = ((b"authorization", f"Bearer {SECRET}".encode()),)
GOOD_CAMPAIGN = '{"email": "jack@example.com", "ctx": {}}'
PLAIN = {
    "json": Call("POST", "/v1/rt/events", GOOD.encode(), ENTERING),
    "array": Call("POST", "/v1/batch/events", f"[{GOOD}]".encode(), ENTERING),
    "stream": Call("POST", "/v1/batch/events", GOOD.encode(), (*ENTERING, (b"content-type", b"application/x-ndjson"))),
    "campaign": Call("POST", "/campaign/mc/EVTorder", GOOD_CAMPAIGN.encode(), ENTERING),
    "soap": Call("POST", "/nl/jsp/soaprouter.jsp", XML.encode()),
}
"""A good call of each door that takes a body."""


def with_body(inputs: Inputs, door: str, made: str) -> Call:
    """Return a call with a body made at random, or of the corpus; spoilt, or not; now and then with a key."""
    call, corpus = PLAIN[door], kept(door)
    if corpus and inputs.random.random() < 0.2:
        body = spoilt(inputs, inputs.random.choice(corpus), 1)
    else:
        body = spoilt(inputs, made.encode(errors="surrogatepass"))
    key = re.sub(r"[^\x20-\x7e]", "", inputs.text())[:300].strip().encode()
    added = ((b"idempotency-key", key),) if inputs.random.random() < 0.2 else ()
    return call._replace(body=body, headers=(*call.headers, *added))


def one(inputs: Inputs) -> Call:
    return with_body(inputs, "json", inputs.event(GOOD))


def many(inputs: Inputs) -> Call:
    return with_body(inputs, "array", f"[{','.join([GOOD, inputs.event(GOOD), inputs.event(GOOD)])}]")


def stream(inputs: Inputs) -> Call:
    return with_body(inputs, "stream", "\n".join([GOOD, inputs.event(GOOD), inputs.event(GOOD)]))


def campaign(inputs: Inputs) -> Call:
    fields = ("email", "wishedChannel", "scheduled", "ctx", "language", "else")
    call = with_body(inputs, "campaign", inputs.fields(GOOD_CAMPAIGN, fields))
    event_type = inputs.random.choice(("EVTorder", "\0", "../", "x" * 300, "😀"))
    return call._replace(path=f"/campaign/mc/{event_type}")


def soap(inputs: Inputs) -> Call:
    return with_body(inputs, "soap", XML)


def read(inputs: Inputs) -> Call:
    text = inputs.text()
    kind = inputs.random.choice(("external_id", "address", "id", "schema"))
    if kind == "id":
        return Call("GET", f"/v1/events/{text}", headers=ENTERING)
    query = f"{kind}={quote(text.encode(errors='surrogatepass'))}".encode()
    place = "/nl/jsp/schemawsdl.jsp" if kind == "schema" else "/v1/events"
    return Call("GET", place, headers=ENTERING, query=spoilt(inputs, query) if inputs.random.random() < 0.2 else query)


def headers(inputs: Inputs) -> Call:
    """Return a good call with headers that are not, and a query where none is expected."""
    call = PLAIN[inputs.random.choice(("json", "stream", "soap"))]
    added = []
    for _ in range(inputs.random.randint(1, 3)):
        value = spoilt(inputs, inputs.random.choice((*VALUES, f"Bearer {SECRET}".encode())))
        # No server hands on a value with these in it.
        added.append((inputs.random.choice(HEADERS).encode(), re.sub(rb"[\x00\r\n]", b"", value)))
    query = spoilt(inputs, b"soapAction=nms:rtEvent%23PushEvent") if inputs.random.random() < 0.3 else b""
    return call._replace(headers=(*added, *call.headers), query=query)


MAKERS: dict[str, Callable[[Inputs], Call]] = {
    "json": one,
    "array": many,
    "stream": stream,
    "campaign": campaign,
    "soap": soap,
    "read": read,
    "headers": headers,
}
