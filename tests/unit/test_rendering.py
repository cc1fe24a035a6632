"""Templates become messages, and only messages."""

from __future__ import annotations

import email
import email.policy
import re
import subprocess
import sys
import traceback
from dataclasses import replace
from datetime import datetime, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_center.ctx import read_json
from message_center.rendering import bounds
from message_center.rendering.bounds import bounded_memory
from message_center.rendering.email import recipient_of, render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.mime import wire
from message_center.rendering.template import DeployedTemplate

EVENT = ClaimedEvent(
    event_id=72057594037935966,
    queue="rt",
    type="order_confirmation",
    address="zoe@example.org",
    language="fr",
    country="FR",
    email_format=0,
    external_id="c-17",
    origin="shop",
    ctx={"name": "Zoé & <b>Co</b>", "order": {"number": 1242, "items": ["one", "two"]}},
    created_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    template_id=1,
    tries=1,
    account="mcExec1",
)
TEMPLATE = DeployedTemplate(
    id=1,
    internal_name="order_confirmation",
    version=3,
    language="fr",
    sender="Shop <orders@shop.example>",
    reply_to="help@shop.example",
    subject="Commande {{ ctx.order.number }} confirmée, {{ ctx.name }}",
    html_body="<p>{{ ctx.name }}: {% for item in ctx.order.items %}{{ item }}\n{% endfor %}</p>",
    text_body="{{ ctx.name }} {{ event.external_id }}\n.\nFrom here on: été",
)


def received(message: EmailMessage) -> Any:
    return email.message_from_bytes(wire(message), policy=email.policy.default)


def body(message: EmailMessage, kind: str) -> str:
    part = received(message).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def failure(template: DeployedTemplate, event: ClaimedEvent = EVENT) -> str:
    with pytest.raises(RenderingError) as caught:
        render_email(template, event)
    return str(caught.value)


def test_headers_and_both_parts() -> None:
    message = received(render_email(TEMPLATE, EVENT))
    assert message["From"] == "Shop <orders@shop.example>"
    assert message["To"] == "zoe@example.org"
    assert message["Reply-To"] == "help@shop.example"
    assert message["Subject"] == "Commande 1242 confirmée, Zoé & <b>Co</b>"
    assert message["Date"].datetime is not None
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_html_is_escaped_and_text_is_not() -> None:
    message = render_email(TEMPLATE, EVENT)
    assert "Zoé &amp; &lt;b&gt;Co&lt;/b&gt;: one\ntwo" in body(message, "html")
    assert body(message, "plain") == "Zoé & <b>Co</b> c-17\n.\nFrom here on: été\n"


def test_ctx_items_is_data_and_not_a_method() -> None:
    assert "one" in body(render_email(TEMPLATE, EVENT), "html")


@pytest.mark.parametrize(
    ("email_format", "content_type"),
    [(0, "multipart/alternative"), (1, "text/plain"), (2, "multipart/alternative")],
)
def test_email_format(email_format: int, content_type: str) -> None:
    assert (
        received(render_email(TEMPLATE, replace(EVENT, email_format=email_format))).get_content_type() == content_type
    )


def test_a_template_without_html_is_sent_as_text() -> None:
    assert received(render_email(replace(TEMPLATE, html_body=None), EVENT)).get_content_type() == "text/plain"


def test_message_id_is_the_same_on_every_try() -> None:
    first = render_email(TEMPLATE, EVENT)["Message-ID"]
    again = render_email(replace(TEMPLATE, version=4, subject="other"), replace(EVENT, tries=2, address="a@b.example"))
    assert first == again["Message-ID"] == "<72057594037935966@shop.example>"


def test_a_missing_variable_is_named_with_the_template() -> None:
    reason = failure(replace(TEMPLATE, text_body="Hello\n{{ ctx.order.nmber }}"))
    assert reason.startswith("template order_confirmation (version 3, fr): text_body, line 2:")
    assert "'nmber'" in reason


@pytest.mark.parametrize(
    "expression",
    ["ctx.__class__", "''.__class__.__mro__", "ctx.order.update(number=1)", "event.__init__.__globals__"],
)
def test_the_sandbox_refuses(expression: str) -> None:
    assert "unsafe" in failure(replace(TEMPLATE, text_body="{{ " + expression + " }}"))


def test_a_data_error_does_not_quote_the_data() -> None:
    reason = failure(replace(TEMPLATE, text_body="{{ ctx.name / 2 }}"))
    assert "TypeError" in reason
    assert "Zoé" not in reason


def test_nor_does_its_traceback() -> None:
    with pytest.raises(RenderingError) as caught:
        render_email(replace(TEMPLATE, subject="{{ ('{' ~ ctx.name ~ '}').format() }}"), EVENT)
    assert "Zoé" not in "".join(traceback.format_exception(caught.value))


def test_a_syntax_error_is_a_rendering_error() -> None:
    assert "html_body, line 2" in failure(replace(TEMPLATE, html_body="<p>\n{% if %}</p>"))


@pytest.mark.parametrize("separator", ["\n", "\r", "\r\n", "\x0b", "\x00", "\x1f", "\x7f", "\x85", "\ud800"])
def test_no_header_can_be_injected(separator: str) -> None:
    event = replace(EVENT, ctx={**EVENT.ctx, "name": f"x{separator}Bcc: all@example.org"})
    assert "Subject holds a line break" in failure(TEMPLATE, event)


@pytest.mark.parametrize(
    "text",
    [
        "1\u00a0234,50 €",  # as every browser formats it
        "\u202f1\u202f234,50\u202f€",
        "👩‍👩‍👧 family",  # joined emoji
        "می\u200cخواهم",  # Persian, with a zero-width non-joiner
        "ご注文\u3000ありがとう",  # Japanese, with its own space
        "Donau\u00addampf\u00adschiff",  # soft hyphens
        "one\u2028two\u2029three",
        "\u202eright to left\u202c",
        "\ue000private",
        "👩‍👩‍👧" * 60,
    ],
)
def test_all_text_is_carried(text: str) -> None:
    event = replace(EVENT, ctx={**EVENT.ctx, "name": text})
    message = received(render_email(TEMPLATE, event))
    assert message["Subject"] == f"Commande 1242 confirmée, {text}"
    assert message["Bcc"] is None
    assert text in message.get_body(("plain",)).get_content()
    assert max(map(len, wire(render_email(TEMPLATE, event)).splitlines())) <= 78


def test_a_tab_is_carried_as_a_space() -> None:
    event = replace(EVENT, ctx={**EVENT.ctx, "name": "a\tb"})
    assert received(render_email(replace(TEMPLATE, subject="{{ ctx.name }}"), event))["Subject"] == "a b"


@given(st.text())
def test_a_subject_is_carried_or_refused_in_words(text: str) -> None:
    event = replace(EVENT, ctx={**EVENT.ctx, "name": text})
    template = replace(TEMPLATE, subject="x{{ ctx.name }}é", text_body="t")
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]", text):
        assert "control character" in failure(template, event)
    else:
        subject = email.message_from_bytes(wire(render_email(template, event)))["Subject"]
        assert str(make_header(decode_header(subject))) == f"x{text}é".replace("\t", " ")


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{{ m(n - 1) ~ m(n - 1) if n else '' }}{% endmacro %}{{ m(40) }}",
        "{% set ns = namespace(s='x') %}{% for a in range(99999) %}{% set ns.s = ns.s ~ ns.s[:1000] %}{% endfor %}",
        "{{ 2 ** (10 ** 9) }}",
        "{{ 10 ** ctx.n }}",
        "{{ 'x' * 20000000 }}",
        "{{ ('x' * 100000) | center(200000000) }}",
    ],
)
def test_what_takes_too_much_fails_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_SECONDS", 0.5)
    event = replace(EVENT, ctx={**EVENT.ctx, "n": 10**8})
    with bounded_memory():
        assert re.search("takes too much|is longer than", failure(replace(TEMPLATE, text_body=text), event))
        assert render_email(TEMPLATE, EVENT)["Subject"], "the next message is none the worse for it"


PROCESS_WITH_A_SLOW_END = """
import builtins, time
from message_center.rendering.bounds import WATCH

class Slow:
    def __del__(self):
        began = time.process_time()
        while time.process_time() - began < 0.6:
            pass

with WATCH.over():
    builtins.kept_to_the_end = Slow()
"""


def test_the_watch_does_not_outlive_what_it_watches() -> None:
    assert subprocess.run([sys.executable, "-c", PROCESS_WITH_A_SLOW_END]).returncode == 0


def test_numbers_keep_their_form() -> None:
    ctx = read_json('{"total": 19.90, "precise": 1234567890123456.78, "huge": 1e5000, "whole": 7, "n": 1.5}')
    text = "{{ ctx.total }} {{ ctx.precise }} {{ ctx.huge }} {{ ctx.whole + 1 }} {{ ctx.n * 2 }} {{ '%.2f' % ctx.n }}"
    rendered = replace(TEMPLATE, text_body=text + " {{ ctx | tojson }}").text_of("text_body", {"ctx": ctx})
    numbers, _, as_json = rendered.partition("{")
    assert numbers.split() == ["19.90", "1234567890123456.78", "1e5000", "8", "3.0", "1.50"]
    assert '"total": 19.90' in as_json
    assert '"precise": 1234567890123456.78' in as_json


def test_an_address_cannot_become_two() -> None:
    for address in (
        "a@b.example, c@d.example",
        "a@b.example\nBcc: c@d.example",
        "nobody",
        "zo é@example.org",
        "a@b\u3002@c.example",
    ):
        assert "address cannot be a header" in failure(TEMPLATE, replace(EVENT, address=address))


@pytest.mark.parametrize(
    ("address", "on_the_wire"),
    [
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example"),
        ("zoe@BÜCHER.example", "zoe@xn--bcher-kva.example"),
        ("zoé@example.org", "zoé@example.org"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
    ],
)
def test_an_international_address_is_carried(address: str, on_the_wire: str) -> None:
    event = replace(EVENT, address=address)
    assert recipient_of(TEMPLATE, event) == on_the_wire
    assert f"\r\nTo: {on_the_wire}\r\n".encode() in wire(render_email(TEMPLATE, event))


@pytest.mark.parametrize("sender", [None, "", "Shop"])
def test_a_template_needs_a_sender(sender: str | None) -> None:
    assert "sender is missing" in failure(replace(TEMPLATE, sender=sender))


@pytest.mark.parametrize(
    "start", ["Order confirmed", "Commande confirmée", "Your order is confirmed and on its way, " * 2]
)
def test_encoded_words_in_data_stay_data(start: str) -> None:
    injection = "=?utf-8?q?=0D=0ABcc:_all=40example.org?="
    event = replace(EVENT, ctx={**EVENT.ctx, "name": injection})
    message = received(render_email(replace(TEMPLATE, subject=start + ", {{ ctx.name }}"), event))
    assert message["Bcc"] is None
    assert injection in message["Subject"]


def test_a_long_subject_arrives_whole() -> None:
    subject = "Votre commande été expédiée, " * 20 + "fin"
    message = render_email(replace(TEMPLATE, subject=subject), EVENT)
    assert received(message)["Subject"] == subject
    assert max(map(len, message.as_bytes().splitlines())) <= 78


def test_the_wire_form_is_the_standard_library_s() -> None:
    for event in (EVENT, replace(EVENT, email_format=1)):
        message = render_email(TEMPLATE, event)
        standard = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        ours = received(message)
        assert ours.items() == standard.items()
        assert [p.get_content().replace("\r\n", "\n") for p in ours.walk() if not p.is_multipart()] == [
            p.get_content() for p in standard.walk() if not p.is_multipart()
        ]
        assert b"\n" not in wire(message).replace(b"\r\n", b"")
