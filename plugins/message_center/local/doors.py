"""The demo as a caller: its samples go in through every door, some through each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from typing import Any
from xml.etree.ElementTree import XML, Element, SubElement, tostring

import httpx
import psycopg

from message_center.intake.campaign import FIELDS as CAMPAIGN_FIELDS
from message_center.intake.keys import digest_of, id_of, new_secret
from message_center.intake.soap.events import CODES
from message_center.intake.soap.events import FIELDS as XML_FIELDS
from message_center.intake.soap.mapping import to_object, to_xml
from message_center.local.samples import Sample
from message_center.sql import statement

CALLER = "demo"
Connection = psycopg.Connection[tuple[Any, ...]]
Answer = tuple[Sample, int | None, str | None]
NOT_YET = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction, httpx.TransportError)
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


class Doors:
    """
    The doors to one account, for a caller with a secret of its own.

    :param url: where they are.
    :param connection: to the account's database, as its owner.
    """

    def __init__(self, url: str, connection: Connection) -> None:
        self.connection, self.secret = connection, new_secret()
        self.client = httpx.Client(base_url=url, headers={"authorization": f"Bearer {self.secret}"}, timeout=60)
        self._is_added = False
        self._ways = cycle([self._by_sql, self._by_rest, self._by_stream, self._by_soap, self._one_by_one])

    def are_open(self) -> bool:
        """Let the demo in, and tell whether the doors know it: after the account's first run, they do."""
        try:
            if not self._is_added:
                self.connection.execute(statement("door/set_caller"), [CALLER, ["push", "read"], None, None, None])
                key = [CALLER, id_of(self.secret), digest_of(self.secret), 0.0]
                self.connection.execute(statement("door/add_caller_key"), key)
                self._is_added = True
            return self.client.get("/v1/events?external_id=none").status_code == 200
        except NOT_YET:
            return False

    def push(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        """Push some samples, each time by another door, and yield what became of each."""
        way: Callable[[str, Sequence[Sample]], Iterator[Answer]] = next(self._ways)
        return way(queue, part)

    def _by_sql(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        events = json.dumps([sample.event for sample in part])
        for position, event_id, reason in self.connection.execute(statement("execution/push_events"), [queue, events]):
            yield part[position - 1], event_id, reason

    def _by_rest(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        answer = self.client.post(f"/v1/{queue}/events", json=[sample.event for sample in part]).raise_for_status()
        yield from zip(part, *_told(answer.json()["results"]), strict=True)

    def _by_stream(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        lines = "\n".join(json.dumps(sample.event) for sample in part)
        headers = {"content-type": "application/x-ndjson"}
        answer = self.client.post(f"/v1/{queue}/events", content=lines, headers=headers).raise_for_status()
        yield from zip(part, *_told([json.loads(line) for line in answer.text.splitlines()]), strict=True)

    def _by_soap(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        """By XML goes what is the same after it: texts stay texts, and so a number would become one."""
        fit = [sample for sample in part if _is_of_texts(sample.event.get("ctx"))]
        if others := [sample for sample in part if sample not in fit]:
            yield from self._by_rest(queue, others)
        if fit:
            envelope = _envelope(f"nms:{queue}Event", self.secret, [sample.event for sample in fit])
            answer = self.client.post("/nl/jsp/soaprouter.jsp", content=envelope).raise_for_status()
            results = [dict(each.attrib) for each in XML(answer.content)[0][0][0][0]]
            for sample, result in zip(fit, results, strict=True):
                yield sample, int(result["id"]) or None, result.get("error")

    def _one_by_one(self, queue: str, part: Sequence[Sample]) -> Iterator[Answer]:
        """By the Campaign-shaped door, which has one queue and fewer fields; the rest by ours."""
        for sample in part:
            fields = {name: sample.event[ours] for name, ours in CAMPAIGN_FIELDS.items() if ours in sample.event}
            if queue == "rt" and len(fields) + 1 == len(sample.event):
                answer = self.client.post(f"/campaign/mcdemo/{sample.event['type']}", json=fields)
                key = "PKey"
            else:
                answer = self.client.post(f"/v1/{queue}/events", json=sample.event)
                key = "id"
            told = answer.json()
            yield sample, int(told[key]) if key in told else None, told.get("detail")


def _told(results: list[dict[str, Any]]) -> tuple[list[int | None], list[str | None]]:
    ids = [int(result["id"]) if "id" in result else None for result in results]
    return ids, [result.get("reason") for result in results]


def _is_of_texts(ctx: Any) -> bool:
    return isinstance(ctx, dict) and to_object(to_xml("ctx", ctx)) == ctx


def _envelope(schema: str, secret: str, events: Sequence[dict[str, Any]]) -> bytes:
    envelope = Element(f"{SOAP}Envelope")
    body = SubElement(envelope, f"{SOAP}Body")
    call = SubElement(body, f"{{urn:{schema}}}PushEvents")
    SubElement(call, "sessiontoken").text = secret
    collection = SubElement(SubElement(call, "domEventCollection"), "events")
    for event in events:
        names = {ours: theirs for theirs, ours in {**XML_FIELDS, **CODES}.items()}
        attributes = {names[name]: str(value) for name, value in event.items() if name != "ctx"}
        SubElement(collection, schema.partition(":")[2], attributes).append(to_xml("ctx", event["ctx"]))
    return tostring(envelope)
