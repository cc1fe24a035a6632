"""Results wait for their reader, whole and in order, and no more of them than may."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from message_center.intake.unread import MAX_IN_MEMORY, PART, Unread


@pytest.mark.parametrize("line", [b"x\n", b"x" * 99 + b"\n", b"x" * (PART + 1) + b"\n"])
async def test_what_is_put_is_read_in_order_by_whole_lines(line: bytes) -> None:
    put = [b"%d " % number + line for number in range(3 * MAX_IN_MEMORY // len(line) % 5000 + 20)]
    got: list[bytes] = []
    with contextlib.closing(Unread()) as unread:

        async def read() -> None:
            got.extend([part async for part in unread.parts()])

        reader = asyncio.create_task(read())
        for number, each in enumerate(put):
            await unread.put(each)
            if number % 7 == 0:
                await asyncio.sleep(0)
        unread.end()
        await asyncio.wait_for(reader, 30)
    assert b"".join(got) == b"".join(put)
    if len(line) < PART:
        assert all(part.endswith(b"\n") for part in got)


async def test_who_puts_more_than_may_wait_waits() -> None:
    with contextlib.closing(Unread(max_bytes=10)) as unread:
        await unread.put(b"x" * 20)
        waiting = asyncio.create_task(unread.put(b"y"))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        parts = unread.parts()
        assert await anext(parts) == b"x" * 20
        await asyncio.wait_for(waiting, 30)
        assert await anext(parts) == b"y"
