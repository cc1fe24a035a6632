"""The project's rules for SQL. Each yields the lines that break it, with the reason for which it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pglast import ast
from pglast.enums import BoolExprType, LockWaitPolicy, SubLinkType

from scripts.sql_lint.source import Source, Statement

Finding = tuple[int, str]
Rule = Callable[[Source], Iterator[Finding]]

LONGEST_LINE = 120
LONGEST_FILE = 170
LONGEST_FUNCTION = 60
RULES: list[Rule] = []

# A row of their own, found by nothing but its being there.
SINGLE_ROW = {"instance"}
# Made by include/sql/control/archive_incoming.sql, in a schema whose name nobody knows.
TEMPORARY = {"archive_incoming"}
TYPES = {
    "timestamp": "timestamptz: a time without its zone is one of several",
    "varchar": "text: a limit belongs into a check, where it has a name",
    "bpchar": "text: char(n) pads",
    "serial": "a sequence of its own: registration moves it into the instance's range",
    "bigserial": "a sequence of its own: registration moves it into the instance's range",
    "money": "numeric",
}


def rule(function: Rule) -> Rule:
    """Declare a rule; a statement keeps out of it with ``-- allow <its name>: <why>``."""
    RULES.append(function)
    return function


@rule
def layout(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        if len(line) > LONGEST_LINE:
            yield number, f"the line has {len(line)} characters, more than {LONGEST_LINE}"
        if line != line.rstrip() or "\t" in line:
            yield number, "white space at the end, or a tab"
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "a file ends with one line break"


@rule
def size(source: Source) -> Iterator[Finding]:
    if source.is_schema and len(source.lines) > LONGEST_FILE:
        yield LONGEST_FILE, f"the file has more than {LONGEST_FILE} lines: it has more than one subject"
    for statement in source.statements:
        lines = statement.text.strip().count("\n") + 1
        if isinstance(statement.node, ast.CreateFunctionStmt) and lines > LONGEST_FUNCTION:
            yield statement.line, f"the function has {lines} lines, more than {LONGEST_FUNCTION}: split it by subject"


@rule
def heading(source: Source) -> Iterator[Finding]:
    if source.is_schema and not source.text.startswith("-- "):
        yield 1, "a part of the schema begins with what it is for"


@rule
def lower_case(source: Source) -> Iterator[Finding]:
    for line, token, text in source.tokens():
        if token.kind != "NO_KEYWORD" and text != text.lower():
            yield line, f"{text} in lower case"


@rule
def present_state(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        node = statement.node
        again = getattr(node, "replace", False)
        if "/schema/functions/" in source.name and statement.text.startswith("create") and not again:
            yield statement.line, "what is in functions/ is applied again and again: create or replace"
        if "/schema/tables/" in source.name and isinstance(node, ast.CreateFunctionStmt | ast.ViewStmt):
            yield statement.line, "a function or view belongs into functions/, where a change of it is applied"


@rule
def qualified(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        locks = [table for lock in statement.nodes(ast.LockingClause) for table in lock.lockedRels or ()]
        defined = {cte.ctename for cte in statement.nodes(ast.CommonTableExpr)} | {each.relname for each in locks}
        for table in statement.nodes(ast.RangeVar):
            if (
                not table.schemaname
                and table.relname not in defined | TEMPORARY
                and not table.relname.startswith("pg_")
            ):
                yield (
                    line_of(source, statement, table),
                    f"{table.relname} needs its schema: search_path is the caller's",
                )


@rule
def ordered(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        for select in statement.nodes(ast.SelectStmt):
            if select.limitCount is not None and not select.sortClause:
                yield line_of(source, statement, select.limitCount), "limit without order by: which rows?"


@rule
def locked_in_order(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        for select in statement.nodes(ast.SelectStmt):
            waits = any(lock.waitPolicy == LockWaitPolicy.LockWaitBlock for lock in select.lockingClause or ())
            tables = {table.relname for table in select.fromClause or () if isinstance(table, ast.RangeVar)}
            if waits and not select.sortClause and not tables <= SINGLE_ROW:
                yield statement.line, "for update without order by: two sessions can lock each other out"


@rule
def every_row(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        for change in statement.nodes(ast.UpdateStmt, ast.DeleteStmt):
            if change.whereClause is None and change.relation.relname not in SINGLE_ROW:
                yield line_of(source, statement, change.relation), "a change of every row, without where"


@rule
def named_columns(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        selects = [insert.selectStmt for insert in statement.nodes(ast.InsertStmt)]
        if not source.is_schema and isinstance(statement.node, ast.SelectStmt):
            selects.append(statement.node)
        for select in selects:
            for target in getattr(select, "targetList", None) or ():
                if isinstance(target.val, ast.ColumnRef) and isinstance((target.val.fields or (None,))[-1], ast.A_Star):
                    yield line_of(source, statement, target), "* where the columns count: name them"


@rule
def no_not_in(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        for negation in statement.nodes(ast.BoolExpr):
            if negation.boolop == BoolExprType.NOT_EXPR and any(
                isinstance(each, ast.SubLink) and each.subLinkType == SubLinkType.ANY_SUBLINK for each in negation.args
            ):
                yield line_of(source, statement, negation), "not in (select …) is never true beside a null: not exists"


@rule
def types(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        for each in statement.nodes(ast.TypeName):
            name = each.names[-1].sval if each.names else ""
            if name in TYPES:
                yield line_of(source, statement, each), f"{name}: rather {TYPES[name]}"


@rule
def planner_settings(source: Source) -> Iterator[Finding]:
    for statement in source.statements:
        if not isinstance(statement.node, ast.CreateFunctionStmt) or "Planner settings" in source.text:
            continue
        settings = [option.arg.name for option in statement.node.options or () if option.defname == "set"]
        if any(name.startswith("enable_") or name in ("plan_cache_mode", "jit") for name in settings):
            yield statement.line, 'planner settings say why: "-- Planner settings: …", once a file'


@rule
def fences(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.lines, 1):
        near = source.lines[max(0, number - 8) : number]
        if line.strip().startswith("offset 0") and not any("-- offset 0" in each for each in near):
            yield number, 'offset 0 says what must not be pulled up: "-- offset 0: …", above it'


def line_of(source: Source, statement: Statement, node: Any) -> int:
    """Return the line of a node; within PL/pgSQL, of its statement."""
    location = getattr(node, "location", None)
    if statement.is_within or not isinstance(location, int) or location < 0:
        return statement.line
    return source.line_of(location)
