"""What is read of XML leaves nothing, and nothing in it takes longer than its size."""

from __future__ import annotations

import psutil
import pytest

from message_center.intake.problems import ProblemError
from message_center.intake.soap.xml import MAX_NAMESPACE, MAX_PARTS, parse


def test_names_that_nobody_has_used_before_leave_nothing() -> None:
    """A parser that keeps each name for ever lets whoever sends new ones fill the memory, 30 MB for a million."""
    before = 0
    for round_ in range(12):
        parse(f"<a>{''.join(f'<n{round_}x{number}/>' for number in range(50_000))}</a>".encode())
        if round_ == 3:
            before = psutil.Process().memory_info().rss
    assert psutil.Process().memory_info().rss - before < 5_000_000


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("name", ["xmlns", "xmlns:n", "xmlns:n ", "xmlns\n"])
def test_a_long_namespace_is_refused(name: str, quote: str) -> None:
    """Each name that is in it becomes as long: of half a million, some take a minute."""
    text = "<a {}={}{}{}/>"
    assert parse(text.format(name, quote, "u" * MAX_NAMESPACE, quote).encode()) is not None
    with pytest.raises(ProblemError) as raised:
        parse(text.format(name, quote, "u" * (MAX_NAMESPACE + 1), quote).encode())
    assert (raised.value.title, raised.value.detail) == ("The body is not XML", "Line 1, column 0.")


@pytest.mark.parametrize("part", ["<a/>", "a{}='' "])
def test_more_parts_than_can_be_read_in_time_are_refused(part: str) -> None:
    def document(count: int) -> bytes:
        parts = "".join(part.format(number) for number in range(count))
        return (f"<a>{parts}</a>" if part.startswith("<") else f"<a {parts}/>").encode()

    assert parse(document(1000)) is not None
    with pytest.raises(ProblemError, match="more than 500000 tags and attributes"):
        parse(document(MAX_PARTS + 1))
