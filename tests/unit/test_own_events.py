"""What callers of the doors call has events, and what belongs to them, from ``own_events`` and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pglast import ast

from message_center.sql import SQL_FOLDER
from scripts.sql_lint.source import Source, Statement

FOLDER = SQL_FOLDER / "execution/schema/functions"
FUNCTIONS = [Source.read(SQL_FOLDER, path) for path in sorted(FOLDER.rglob("*.sql"))]
RIGHTS = re.search(r"array\['door'\]\s+from unnest\(array\[(.*?)\]", (FOLDER / "rights.sql").read_text(), re.DOTALL)
CALLED_BY_DOORS = set(re.findall(r"'(\w+)'", RIGHTS[1])) if RIGHTS else set()
OWN_EVENTS = "own_events"
# What else they may read or write, and why that is nobody else's.
ALLOWED = {
    "caller_keys": {"caller", "caller_key"},  # for the door itself, which tells nobody
    "open_session": {"caller_key"},  # of the key that the caller has come in by
    "push_keyed_call": {"keyed_call"},  # by its primary key, which begins with the caller
    "pending_events": {"event"},  # a number of all, for the door itself
    "act_on_event_of": {"operator_act_event"},  # of its own act, on an event that own_events has
    "take_in": {"instance", "event"},  # which it adds
    "may_push_again": {"caller"},  # that of the event
}
# Shared with those who may do more. They are handed what they work on: rows of own_events, ids of these, or new events.
SHARED = {
    "event_in_full": "an event",
    "event_in_short": "an event",
    "replay_events": "the ids of the filter",
    "cancel_events": "the ids of the filter",
    "reschedule_events": "the ids of the filter",
    "refused_events": "the ids of the act's filter",
    "judge_events": "new events",
    "settle_idempotency_keys": "new events, and the keys of their caller",
    "note_scheduled": "new events",
    "notice_restore": "nothing of an event",
    "refuse_oversized_call": "new events",
    "wake_up": "nothing of an event",
    "is_itself": "nothing of an event",
    "is_timestamp": "a text",
}


def bodies(sources: list[Source]) -> Iterator[tuple[str, list[Statement]]]:
    """Yield the name of each function, and its statements."""
    for source in sources:
        found: list[Statement] = []
        for statement in source.statements:
            if isinstance(statement.node, ast.CreateFunctionStmt):
                found = [statement, *in_text(statement)]
                yield (statement.node.funcname or ())[-1].sval, found
            elif statement.is_within:
                found.append(statement)


def in_text(statement: Statement) -> list[Statement]:
    """Return the statements of a function that is SQL in a text."""
    body = re.search(r"language sql[^$]*\$\$(.*)\$\$", statement.text, re.DOTALL)
    return Source("execution/schema/functions/body.sql", body[1]).statements if body else []


def relations(statements: list[Statement]) -> set[str]:
    """Return the tables and views that are named; those of a WITH are none."""
    named = {str(each.relname) for one in statements for each in one.nodes(ast.RangeVar) if each.schemaname}
    return named


def called(statements: list[Statement]) -> set[str]:
    """Return the functions of ours that are called."""
    calls = [each.funcname for one in statements for each in one.nodes(ast.FuncCall)]
    return {str(name[-1].sval) for name in calls if len(name) == 2 and name[0].sval == "message_center"}


def faults(sources: list[Source]) -> list[str]:
    """Say where something that doors call names a table that it should not, or calls what nobody has looked at."""
    known = {name: list(statements) for name, statements in list(bodies(sources))}
    found, seen, waiting = [], set[str](), {*CALLED_BY_DOORS}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        named = relations(known[name]) - ALLOWED.get(name, set())
        if named and name != OWN_EVENTS:
            found.append(f"{name} names {', '.join(sorted(named))}")
        waiting |= called(known[name]) - seen - SHARED.keys()
    return found


def test_what_doors_call_names_no_table_of_events() -> None:
    assert len(CALLED_BY_DOORS) > 8
    assert OWN_EVENTS in {name for name, _ in bodies(FUNCTIONS)}
    assert faults(FUNCTIONS) == []
    known = dict(bodies(FUNCTIONS))
    assert {name for name in ALLOWED if not ALLOWED[name] <= relations(known[name])} == set(), "those that are no more"
    assert known.keys() >= SHARED.keys()


@pytest.mark.parametrize(
    "forgetful",
    [
        "language sql stable\nbegin atomic\n select to_jsonb(e) from message_center.event as e where e.id = 1;\nend;",
        "language sql stable as $$ select to_jsonb(l) from message_center.delivery_log as l $$;",
        "language plpgsql as $$\nbegin\n return (select to_jsonb(e) from message_center.rt_event as e);\nend\n$$;",
        "language plpgsql as $$\nbegin\n return message_center.newest();\nend\n$$;",
    ],
)
def test_a_function_that_forgets_its_caller_is_found(forgetful: str) -> None:
    """In whichever language it is written, and behind another one too."""
    header = "create or replace function message_center.{}(caller text, id bigint) returns jsonb\n"
    newest = header.format("newest") + (
        "language sql\nbegin atomic\n select to_jsonb(q) from message_center.quarantine as q;\nend;\n"
    )
    others = [source for source in FUNCTIONS if "own_events" not in source.name]
    text = next(source.text for source in FUNCTIONS if "own_events" in source.name)
    changed = f"{newest}{text}{header.format('event_of')}{forgetful}\n"
    (fault,) = faults([*others, Source("execution/schema/functions/intake/own_events.sql", changed)])
    assert " names " in fault
