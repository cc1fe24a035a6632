"""Inputs at random, from a seed: what callers, engines and authors might write, and what nobody would."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from message_center.ctx import read_json

TEXTS = (
    "", " ", "\x00", "\x7f", "\u0085", "\u00a0", "\u200d", "\ud800", "\udfff", "\ufffe", "\U0010ffff", "é", "漢" * 400,
    "x" * 3000, "a@b.example", "a@b", "a@1.2.3.4", "zoë@bücher.example", "a\r\nBcc: b@c.example", "null", "NaN",
    "1e5000", "-1", "2026-11-26T10:00:00Z", "infinity", "0001-01-01 BC", "294277-01-01", "{{ ctx }}", "{% raw %}",
    "';drop table x;--", "%s%n", "\\", "\\u0000", "../../etc/passwd", "\u202e", "👩‍👩‍👧‍👦", "I\u0307", "ß", "\t",
)  # fmt: skip
NUMBERS = (
    "0", "-0", "1", "2", "41", "42", "7.0", "19.90", "1e5", "1e400", "1e5000", "-1e131071", "1e-16000", "0e-16383",
    "9223372036854775807", "9223372036854775808", "72057594037927937", "1234567890123456.78", "1" * 400, "0.1",
)  # fmt: skip
CONSTANTS = ("true", "false", "null", "[]", "{}", '""')
EVENT_FIELDS = (
    "type", "wished_channel", "email", "mobile_phone", "registration_token", "external_id", "origin", "language",
    "country", "email_format", "scheduled", "expiration", "idempotency_key", "replay_of", "ctx", "else", "\u0000",
)  # fmt: skip
OUTCOME_FIELDS = ("event_id", "status", "failure_type", "failure_reason", "message", "quarantine", "claim_token", "el")
STATUSES = ("Sent", "Delivery failed", "Ignored by the delivery", "Pending delivery", "Pending", "Expired", "sent")
SNIPPETS = (
    "{{ ctx.a }}", "{{ ctx }}", "{{ ctx.a.b.c }}", "{{ ctx['a'] * 9 }}", "{{ ctx.a | upper }}", "{{ 10 ** ctx.n }}",
    "{% for x in ctx.a %}{{ x }}{% endfor %}", "{% for x in range(ctx.n) %}x{% endfor %}", "{{ event.email }}",
    "{{ ctx.items }}", "{{ ctx.a | default('') }}", "{% if ctx.a > 1 %}1{% endif %}", "{{ 'x' * ctx.n }}", "{{", "%}",
    "{{ ctx.__class__.__mro__ }}", "{{ ctx.a | tojson }}", "{{ ctx.n | round(2) }}", "{{ ctx.a ~ ctx.n }}",
    "{{ ctx.a | map('upper') | list }}", "{% set x = ctx.a %}{{ x }}", "{{ 1 / ctx.n }}", "{{ ctx.a[ctx.n] }}",
    "{% include 'x' %}", "{{ ctx.a | join(',') }}", "{{ ctx.a | wordwrap(5) }}", "{{ ctx.a.format(1) }}",
)  # fmt: skip

MAX_DEPTH = 64


class Inputs:
    """Draws one input after the other. The same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def text(self) -> str:
        """Some text: one that is known to be bad, pieces of such, or any characters."""
        kind = self.random.random()
        if kind < 0.6:
            return self.random.choice(TEXTS)
        if kind < 0.8:
            return "".join(self.random.choice(TEXTS) for _ in range(self.random.randint(2, 4)))
        return "".join(chr(self.random.randrange(0x110000)) for _ in range(self.random.randint(1, 12)))

    def value(self, depth: int = 0) -> str:
        """Some JSON, as text: numbers keep their form."""
        kind = self.random.random()
        if kind < 0.45:
            return json.dumps(self.text())
        if kind < 0.7:
            return self.random.choice(NUMBERS)
        if kind < 0.85 or depth > 4:
            return self.random.choice(CONSTANTS)
        if kind < 0.87:
            levels = self.random.choice((60, 100, 3000))
            return '{"a":[' * levels + "1" + "]}" * levels
        inner = [self.value(depth + 1) for _ in range(self.random.randint(1, 3))]
        if kind < 0.93:
            return f"[{','.join(inner)}]"
        return "{" + ",".join(f"{json.dumps(self.text())}: {each}" for each in inner) + "}"

    def fields(self, base: str, names: tuple[str, ...]) -> str:
        """A good object with some of its fields spoilt; of a field that is there twice, the last one counts."""
        chosen = self.random.sample(names, self.random.randint(1, 3))
        return base[:-1] + "".join(f", {json.dumps(name)}: {self.value()}" for name in chosen) + "}"

    def event(self, good: str) -> str:
        """What is pushed: a good event with spoilt fields, one with any ctx, or no event at all."""
        kind = self.random.random()
        if kind < 0.6:
            return self.fields(good, EVENT_FIELDS)
        if kind < 0.9:
            return f'{good[:-1]}, "ctx": {{"a": {self.value()}, "n": {self.random.choice(NUMBERS)}}}}}'
        return self.value()

    def outcome(self, event_id: int) -> str:
        """What an engine logs for an event that is not another's."""
        status = json.dumps(self.random.choice(STATUSES))
        return self.fields(f'{{"event_id": {event_id}, "status": {status}}}', OUTCOME_FIELDS[1:])

    def source(self) -> str:
        """Some source of a template."""
        pieces = [self.random.choice((*SNIPPETS, self.text())) for _ in range(self.random.randint(1, 4))]
        return "".join(pieces)

    def ctx(self) -> dict[str, Any]:
        """What an event that was taken in has for a template: not too deep."""
        while (value := self.value()).count("[") > MAX_DEPTH:
            pass
        read: dict[str, Any] = read_json(f'{{"a": {value}, "n": {self.random.choice(NUMBERS)}}}')
        return read
