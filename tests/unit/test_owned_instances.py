"""Whatever writes to an execution instance in control's name has asked whether the instance is that control's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import message_center

PACKAGE = Path(message_center.__file__).parent
OWNED = {"owned", "owned_as_far_as_known", "own_connections"}
# Who opens an instance without asking, and why.
OTHERS = {
    "instances/registration.py": "makes it ready, and claims it",
    "page/databases.py": "reads; OwnedExecution is for acts",
    "page/looks.py": "reads",
    "supervision/looks.py": "reads",
    "supervision/routes.py": "reads",
    "publication/preflight.py": "reads, and control has to have registered it",
    "publication/proofs.py": "reads an event",
}
READING = {("publication/tasks.py", "verify"), ("publication/stopping.py", "_event_types")}
"""Functions that only read, in modules that write."""


def opened_unasked(path: Path) -> Iterator[str]:
    """Yield the functions in which an instance is opened by nothing that asks whose it is."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            asked = {id(part) for call in calls if name_of(call) in OWNED for part in ast.walk(call)}
            if any(name_of(call) == "ExecutionInstanceHook" and id(call) not in asked for call in calls):
                yield function.name


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_whoever_opens_an_instance_asks_whose_it_is_or_says_why_not() -> None:
    found = {
        (str(path.relative_to(PACKAGE)), function)
        for path in PACKAGE.rglob("*.py")
        for function in opened_unasked(path)
    }
    assert {each for each in found if each[0] not in OTHERS} == READING
    assert OTHERS.keys() == {place for place, _ in found} - {place for place, _ in READING}, "those that are no more"
