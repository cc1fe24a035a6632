"""The rules for SQL: each finds what it is for, wherever it stands, and says where."""

from __future__ import annotations

import pytest

from scripts.sql_lint.__main__ import check
from scripts.sql_lint.rules import RULES
from scripts.sql_lint.source import Source

STATEMENT = "control/statement.sql"
FUNCTIONS = "execution/schema/functions/some.sql"
TABLES = "execution/schema/tables/some.sql"
LONG = "create or replace function message_center.f() returns integer\nlanguage sql\nreturn 1{}\n;\n".format(
    "\n+ 1" * 60
)
PLPGSQL = """-- Some.
create or replace function message_center.f(ids bigint[]) returns bigint
language plpgsql as $$
declare
    found bigint := {};
begin
    -- Größer …
    {};
    return found;
end
$$;
"""

BAD = [
    ("layout", STATEMENT, "select 1 \n", 1),
    ("layout", STATEMENT, f"select {'1 + ' * 30}1\n", 1),
    ("layout", STATEMENT, "select 1", 1),
    ("size", FUNCTIONS, f"-- Some.\n{LONG}", 2),
    ("size", TABLES, "-- Some.\n" + "create type message_center.t as enum ();\n" * 170, 170),
    ("heading", TABLES, "create type message_center.t as enum ();\n", 1),
    ("lower_case", STATEMENT, "select 1\nFROM message_center.event\n", 2),
    ("lower_case", FUNCTIONS, PLPGSQL.format("0", "DELETE from message_center.event where id = any(ids)"), 8),
    (
        "present_state",
        FUNCTIONS,
        "-- Some.\n\ncreate function message_center.f() returns int language sql return 1;\n",
        3,
    ),
    ("present_state", TABLES, "-- Some.\ncreate or replace view message_center.v as select 1;\n", 2),
    ("qualified", STATEMENT, "with x as (select 1)\nselect id from x\njoin event as e on true\n", 3),
    ("qualified", FUNCTIONS, PLPGSQL.format("0", "delete from event where id = any(ids)"), 8),
    ("ordered", STATEMENT, "select id\nfrom message_center.event\nlimit 1\n", 1),
    ("ordered", FUNCTIONS, PLPGSQL.format("(select id from message_center.event limit 1)", "null"), 5),
    ("locked_in_order", STATEMENT, "select id from message_center.event for update\n", 1),
    ("every_row", STATEMENT, "delete from message_center.event\n", 1),
    ("every_row", FUNCTIONS, PLPGSQL.format("0", "update message_center.event set status = status"), 8),
    ("named_columns", STATEMENT, "select e.* from message_center.event as e where e.id = %(id)s\n", 1),
    ("named_columns", STATEMENT, "insert into archive.event ({columns})\nselect * from archive_incoming\n", 2),
    ("no_not_in", STATEMENT, "select 1 where 1 not in (select id from message_center.event)\n", 1),
    ("types", TABLES, "-- Some.\ncreate table message_center.t (\n    at timestamp not null\n);\n", 3),
    ("types", TABLES, "-- Some.\ncreate table message_center.t (id bigserial);\n", 2),
    (
        "planner_settings",
        FUNCTIONS,
        "-- Some.\ncreate or replace function message_center.f() returns int language sql set jit = off return 1;\n",
        2,
    ),
    ("fences", STATEMENT, "select a.b\nfrom (\n    select 1 as b\n    offset 0\n) as a\n", 4),
]
GOOD = [
    (STATEMENT, "select id from message_center.event order by id limit {size}\n"),
    (STATEMENT, "select format('%%s', %(account)s::text), %s\n"),
    (STATEMENT, "select id from message_center.event where id = %s for update -- allow locked_in_order: one row\n"),
    (STATEMENT, "update message_center.instance set account = %(account)s\n"),
    (FUNCTIONS, PLPGSQL.format("cardinality(ids)", "update message_center.event set id = id where id = any(ids)")),
]


@pytest.mark.parametrize(
    ("rule", "name", "text", "line"), BAD, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_rule_finds_what_it_is_for(rule: str, name: str, text: str, line: int) -> None:
    found = list(check(Source(name, text)))
    assert [(at, finding.rpartition(" ")[2]) for at, finding in found] == [(line, f"({rule})")]


def test_every_rule_is_tried() -> None:
    assert {rule for rule, *_ in BAD} == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_what_is_right_is_left_alone(name: str, text: str) -> None:
    assert not list(check(Source(name, text)))


@pytest.mark.parametrize(
    ("name", "text"),
    [(STATEMENT, "selekt 1\n"), (FUNCTIONS, PLPGSQL.format("0", "perform from from x"))],
    ids=["statement", "function"],
)
def test_what_postgresql_would_not_understand_is_said(name: str, text: str) -> None:
    ((_, finding),) = check(Source(name, text))
    assert finding.startswith("PostgreSQL would not understand it: ")
