"""Conditions of templates: PostgreSQL is asked whether they are any good, with the template's own sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from message_center.sql import statement
from message_center.templates.model import MessageTemplate


def condition_problems(control: psycopg.Connection, templates: Iterable[MessageTemplate]) -> Iterator[str]:
    """Yield what is wrong with the conditions of some templates, one line each."""
    for template in templates:
        if template.condition is None:
            continue
        event = {"type": template.event_type, "wished_channel": template.wished_channel}
        problem = condition_problem(control, template.condition, event | dict(template.languages[""].sample))
        if problem:
            yield f"{template.internal_name}: condition: {problem}"


def condition_problem(control: psycopg.Connection, condition: str, event: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a condition: its syntax, its kind, or that its own sample does not meet it."""
    parameters = {"event": Jsonb(dict(event)), "condition": condition}
    try:
        row = control.execute(statement("control/match_condition"), parameters).fetchone()
    except psycopg.errors.SyntaxError as error:
        return f"is no jsonpath: {error.diag.message_primary}"
    except psycopg.DataError as error:
        return f"is no predicate, like $.ctx.total > 100: {error.diag.message_primary}"
    return None if row and row[0] else "the template's own sample does not meet it"
