"""What takes longer than others should wait for: it is done in a thread, and they have their turns meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LARGE = 64 * 1024
"""Of how many bytes or characters on it is better to go into the thread than to have others wait."""
# One for the process: more of them would take their turns from the loop, which is as good as one more thread.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="aside")


async def aside(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function aside, which is of Python: what is of C keeps the interpreter to itself until its end."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: function(*args, **kwargs))
