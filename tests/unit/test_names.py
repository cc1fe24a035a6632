"""A workflow's internal name is typed in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from message_center import workflows
from message_center.workflows import PURGE, Workflow
from support.process import REPOSITORY

NAMES = {each.name for each in vars(workflows).values() if isinstance(each, Workflow)}

# A name, perhaps with an account behind it or words around it. "purge" is a word of the language too: that one alone.
TYPED = re.compile(rf"(?<![A-Za-z])({'|'.join(sorted(NAMES - {PURGE.name}))})(?![A-Za-z])|^{PURGE.name}_?$")


def literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the texts of a file, but for docstrings and what else stands alone."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node


def typed(file: Path) -> list[str]:
    """Return where a file types a workflow's name."""
    found = literals(ast.parse(file.read_text(encoding="utf-8")))
    return [
        f"{file.relative_to(REPOSITORY)}:{literal.lineno}: {literal.value!r}"
        for literal in found
        if TYPED.search(str(literal.value))
    ]


def test_no_internal_name_is_typed_a_second_time() -> None:
    files = [file for folder in ("plugins", "dags") for file in sorted((REPOSITORY / folder).rglob("*.py"))]
    ours = Path(workflows.__file__)
    assert [place for file in files if file != ours for place in typed(file)] == []
    assert len(typed(ours)) == len(NAMES), "the test sees what it looks for"
