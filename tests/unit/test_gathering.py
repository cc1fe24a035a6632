"""How many of the events that wait go into one call."""

from __future__ import annotations

import asyncio

import pytest

from message_center.intake.gathering import FEW_EVENTS, MAX_CHARACTERS, MAX_EVENTS, Waiting, cut


@pytest.mark.parametrize(
    ("waiting", "together"),
    [
        (1, 1),
        (FEW_EVENTS, FEW_EVENTS),
        (FEW_EVENTS + 1, FEW_EVENTS),
        (4 * FEW_EVENTS, 2 * FEW_EVENTS),
        (4 * MAX_EVENTS, MAX_EVENTS),
    ],
)
async def test_of_many_half_are_left_for_the_next_call(waiting: int, together: int) -> None:
    """All at once, and the callers would wait for the door together, and then the door for the instance."""
    first, rest = cut(events(waiting, 1))
    assert (len(first), len(rest)) == (together, waiting - together)


@pytest.mark.parametrize(("characters", "together"), [(MAX_CHARACTERS // 2, 2), (MAX_CHARACTERS + 1, 1)])
async def test_large_ones_go_in_calls_that_nobody_has_to_wait_for(characters: int, together: int) -> None:
    first, rest = cut(events(3, characters))
    assert (len(first), len(rest)) == (together, 3 - together)


def events(count: int, characters: int) -> list[Waiting]:
    loop = asyncio.get_running_loop()
    return [("x" * characters, loop.create_future()) for _ in range(count)]
