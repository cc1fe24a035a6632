"""The two databases that may know what happened on an account, as far as they can be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Annotated

import psycopg
from fastapi import Depends

from message_center.accounts.account import AccountError
from message_center.page.databases import UnknownAccountError, open_control, open_execution
from message_center.page.routes.forms import SilenceForm


class Sides:
    """The account's instance and the archive; ``silent`` has why one of them could not be asked."""

    def __init__(self, account: str, databases: ExitStack) -> None:
        self.silent: dict[str, SilenceForm] = {}
        self.execution = self._opened(databases, "instance", lambda: open_execution(account))
        self.control = self._opened(databases, "archive", open_control)

    def _opened(
        self, databases: ExitStack, name: str, open_it: Callable[[], psycopg.Connection]
    ) -> psycopg.Connection | None:
        try:
            return databases.enter_context(closing(open_it()))
        except UnknownAccountError:
            # An account that is gone: the archive has its events still.
            self.silent[name] = SilenceForm(detail="There is no such account any more.", remedy="See its archive here.")
        except AccountError as error:
            self.silent[name] = SilenceForm(detail=f"{error.problem}.", remedy=f"{error.remedy}.")
        return None

    @property
    def remedies(self) -> str:
        """What to do about those that are silent."""
        return " ".join(f"{silence.detail} {silence.remedy}" for silence in self.silent.values())


def _opened(account: str) -> Iterator[Sides]:
    with ExitStack() as databases:
        yield Sides(account, databases)


AskedSides = Annotated[Sides, Depends(_opened)]
"""Both databases of the route's ``account``."""
