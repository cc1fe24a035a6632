"""What is seen of an event's fields at once agrees with what each of them says: nothing that is wrong is overlooked."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from fuzz.inputs import Inputs
from support.events import event

Connection = psycopg.Connection[Any]

LOOK = """
    select message_center.fields_are_suspect(e::jsonb), message_center.field_refusal_reason(e::jsonb)
    from unnest(%s::text[]) as e
    where case when pg_input_is_valid(e, 'jsonb') then jsonb_typeof(e::jsonb) = 'object' end
"""
GOOD = event()


def looks(instance: Connection, *events: dict[str, Any] | str) -> list[tuple[bool, str | None]]:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return instance.execute(LOOK, [texts]).fetchall()


def test_a_good_event_is_not_looked_at_field_by_field(execution: Connection) -> None:
    mobile = {**GOOD, "wished_channel": 1, "mobile_phone": "+44 7700 900000"}
    long = {**GOOD, **dict.fromkeys(("external_id", "origin", "idempotency_key", "country"), "x" * 200)}
    assert looks(execution, GOOD, mobile, long) == [(False, None)] * 3


@pytest.mark.parametrize("spoilt", [True, 7, {"a": 1}, [], "x" * 4000])
def test_each_field_that_is_wrong_is_seen(execution: Connection, spoilt: Any) -> None:
    rows = execution.execute("select * from jsonb_each_text(message_center.field_types())").fetchall()
    assert len(rows) == 16
    for is_suspect, reason in looks(execution, *({**GOOD, name: spoilt} for name, _ in rows)):
        assert is_suspect or reason is None
    assert looks(execution, {**GOOD, "unknown": "x"}) == [(True, 'unknown field "unknown"')]


def test_what_is_not_suspect_is_not_refused(execution: Connection) -> None:
    inputs = Inputs(7)
    events = [inputs.event(json.dumps(GOOD)) for _ in range(2000)]
    found = looks(execution, *(each for each in events if "\\u0000" not in each))
    assert len(found) > 1000
    assert not [reason for is_suspect, reason in found if reason and not is_suspect]
