"""A SQL file as PostgreSQL's own parser sees it, the bodies of its PL/pgSQL functions included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pglast import ast, parse_plpgsql, parse_sql
from pglast.parser import ParseError, Token, scan
from pglast.visitors import Visitor

BODY = re.compile(r"\$(\w*)\$(.*?)\$\1\$", re.DOTALL)
EXPRESSION_MODE = 2
ASSIGNMENT = re.compile(r"\A[^=]+?:?=(?!=)")


@dataclass(frozen=True)
class Statement:
    """
    A statement, or an expression of PL/pgSQL as the SELECT that it is.

    :param line: where it stands.
    :param is_within: a function's body: then the nodes' locations count from its own beginning.
    """

    node: ast.Node
    line: int
    text: str
    is_within: bool = False

    def nodes(self, *kinds: type[ast.Node]) -> list[Any]:
        """Return all nodes of some kinds, in the order of the text."""
        found: list[ast.Node] = []

        class Collect(Visitor):
            def visit(self, _ancestors: object, node: ast.Node) -> None:
                if isinstance(node, kinds):
                    found.append(node)

        Collect()(self.node)
        return found


@dataclass(frozen=True)
class Source:
    """
    A file below ``include/sql``.

    :param name: its path below that, e.g. ``control/schema/tables/archive.sql``.
    """

    name: str
    text: str

    @classmethod
    def read(cls, folder: Path, path: Path) -> Source:
        return cls(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))

    @property
    def is_schema(self) -> bool:
        """A part of a schema, which is run as it is; all else is a statement with psycopg's placeholders."""
        return "/schema/" in self.name or "/migrations/" in self.name

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def sql(self) -> str:
        """The text with something of the same length in place of each placeholder."""
        if self.is_schema:
            return self.text
        text = re.sub(r"%(\(\w+\))?s|%%", lambda match: "$1".ljust(len(match[0])), self.text)
        return re.sub(r"\{(\w+)\}", r"_\1_", text)

    @cached_property
    def statements(self) -> list[Statement]:
        """
        All statements, those within PL/pgSQL too.

        :raises ParseError: if PostgreSQL would not understand one.
        """
        return list(self._statements())

    def tokens(self) -> Iterator[tuple[int, Token, str]]:
        """Yield all tokens with their line and text, those within function bodies too."""
        yield from _tokens(self.sql, 1)

    def paragraph(self, line: int) -> str:
        """Return the lines up to the next empty one: a statement, or a part of one."""
        return "\n".join(self.lines[line - 1 :]).split("\n\n")[0]

    def line_of(self, offset: int) -> int:
        return self.sql.count("\n", 0, offset) + 1

    def _statements(self) -> Iterator[Statement]:
        for raw in parse_sql(self.sql):
            assert raw.stmt is not None
            start = raw.stmt_location or 0
            end = start + raw.stmt_len if raw.stmt_len else len(self.sql)
            start += len(self.sql[start:end]) - len(self.sql[start:end].lstrip())
            while match := re.match(r"\s*--[^\n]*\n\s*", self.sql[start:end]):
                start += match.end()
            yield Statement(raw.stmt, self.line_of(start), self.sql[start:end])
            if isinstance(raw.stmt, ast.CreateFunctionStmt) and language(raw.stmt) == "plpgsql":
                yield from self._within(start, end)

    def _within(self, start: int, end: int) -> Iterator[Statement]:
        for query, mode in _queries(self.sql[start:end]):
            found = self.sql.find(query, start, end)
            line = self.line_of(max(found, start))
            whole = query if mode == 0 else f"select {query if mode == EXPRESSION_MODE else ASSIGNMENT.sub('', query)}"
            (raw,) = parse_sql(whole)
            assert raw.stmt is not None
            yield Statement(raw.stmt, line, query, is_within=True)


def language(function: ast.CreateFunctionStmt) -> str:
    """Return a function's language."""
    return next((str(option.arg.sval) for option in function.options or () if option.defname == "language"), "sql")


def _queries(function: str) -> Iterator[tuple[str, int]]:
    """Yield each query and expression of a PL/pgSQL function, with the parser's mode for it."""
    # This parser knows no catalog: types of ours are unknown to it in a schema of their own, and so are arrays of them.
    known = re.sub(r"\bmessage_center\.\w+\[\]", "text[]", function).replace("message_center.", "public.")
    known = re.sub(r"^(\s+\w+ (?:constant )?)archive\.", r"\1public.", known, flags=re.MULTILINE)
    if len(known) != len(known.encode()):
        known = known.encode("ascii", "replace").decode()

    def expressions(node: Any) -> Iterator[tuple[str, int]]:
        if isinstance(node, list):
            for each in node:
                yield from expressions(each)
        elif isinstance(node, dict):
            if isinstance(node.get("query"), str):
                yield node["query"].replace("public.", "message_center."), int(node.get("parseMode", 0))
            for each in node.values():
                yield from expressions(each)

    yield from expressions(json.loads(json.dumps(parse_plpgsql(known))))


def _tokens(sql: str, first_line: int) -> Iterator[tuple[int, Token, str]]:
    for token in scan(sql):
        text = sql[token.start : token.end + 1]
        line = first_line + sql.count("\n", 0, token.start)
        body = BODY.fullmatch(text)
        if body:
            yield from _tokens(body[2], line)
        else:
            yield line, token, text


__all__ = ["ParseError", "Source", "Statement", "language"]
