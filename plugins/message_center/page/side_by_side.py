"""All instances asked at once, none of which holds another up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

import psycopg

from message_center.accounts.account import INSTANCE_IDENTIFIERS, AccountError
from message_center.page.failures import told

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.8
"""Less than the second within which the page is there."""


AT_ONCE = 16
"""With a hundred at once none is ready before all of them are."""

A_MOMENT = 0.1
"""For what did not answer before: time for a server that is back."""

A_GLANCE = 0.3
"""For what something stands in for: time for a session that is open, or for a few that are not."""


@dataclass(frozen=True)
class Silence:
    """Why an account has not answered, and what to do."""

    detail: str
    remedy: str
    is_waited_for: bool = False


STILL_WAITING = Silence("No answer yet.", "Look whether its database is busy, or cannot be reached.", True)


def answered(ask: Callable[..., Answer], *arguments: str) -> Answer | Silence:
    """Return an answer, or why there is none, if a database or an account is in the way."""
    try:
        return ask(*arguments)
    except AccountError as error:
        return Silence(f"{error.problem[:1].upper()}{error.problem[1:].rstrip('?')}.", f"{error.remedy}.")
    except psycopg.Error as error:
        detail, remedy = told(error)
        return Silence(f"{detail}.", f"{remedy}.")
    except Exception as error:
        # Whatever one of them answers, the others are there.
        log.exception("What an account answers is not understood")
        return Silence(f"Its answer is not understood ({type(error).__name__}).", "See the API server's log.")


def answers(asked: Mapping[str, Future[Answer | Silence]], seconds: float) -> dict[str, Answer | Silence]:
    """Wait for what accounts were asked, and return the answer of each, or why there is none yet."""
    wait(asked.values(), timeout=seconds)
    return {account: answer.result() if answer.done() else STILL_WAITING for account, answer in asked.items()}


@dataclass(frozen=True)
class Look(Generic[Answer]):
    """
    Accounts that are being asked.

    :param silent: what those said that had no answer the last time.
    """

    asked: Mapping[str, Future[Answer | Silence]]
    silent: Mapping[str, Silence]
    begun: float = field(default_factory=monotonic)

    def answers(self, seconds: float, spared: Collection[str] = ()) -> dict[str, Answer | Silence]:
        """
        Return the answer of each account, or why there is none.

        :param seconds: how long they are waited for, from the beginning of the look.
        :param spared: those that are waited for no longer than a glance, since something stands in for them.
        """
        waited = {account: each for account, each in self.asked.items() if account not in {*self.silent, *spared}}
        answers(waited, self._left(seconds))
        answers({account: self.asked[account] for account in spared}, self._left(min(seconds, A_GLANCE)))
        answers({account: self.asked[account] for account in self.silent}, self._left(min(seconds, A_MOMENT)))
        told = answers(self.asked, 0)
        return {
            account: self.silent[account] if answer is STILL_WAITING and account in self.silent else answer
            for account, answer in told.items()
        }

    def _left(self, seconds: float) -> float:
        return max(0.0, self.begun + seconds - monotonic())


class SideBySide(Generic[Answer]):
    """
    Asks accounts the same question at once, each in a thread of its own.

    Whoever asks while an account still thinks gets the same answer later, and starts no second look: a database that
    is away is waited for once, however many people look at the page. Who had no answer the last time is asked apart,
    and what it said then is told again until it has another one: so it holds nobody up.

    :param ask: what is asked of an account, which may raise what a database or an account raises.
    """

    def __init__(self, ask: Callable[[str], Answer]) -> None:
        self._ask = ask
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="message-center")
        self._apart = ThreadPoolExecutor(len(INSTANCE_IDENTIFIERS), thread_name_prefix="message-center-silent")
        self._lock, self._asked = Lock(), dict[str, Future[Answer | Silence]]()
        self._silent = dict[str, Silence]()

    def begin(self, accounts: Iterable[str]) -> Look[Answer]:
        """Ask accounts, and don't wait."""
        with self._lock:
            asked = {account: self._asked_of(account) for account in accounts}
            return Look(asked, {account: self._silent[account] for account in asked if account in self._silent})

    def __call__(self, accounts: Iterable[str], seconds: float = PATIENCE_SECONDS) -> dict[str, Answer | Silence]:
        """Return the answer of each account, or why there is none."""
        return self.begin(accounts).answers(seconds)

    def _asked_of(self, account: str) -> Future[Answer | Silence]:
        known = self._asked.get(account)
        if known is None or known.done():
            threads = self._apart if account in self._silent else self._threads
            known = self._asked[account] = threads.submit(self._answer_of, account)
        return known

    def _answer_of(self, account: str) -> Answer | Silence:
        answer = answered(self._ask, account)
        with self._lock:
            if isinstance(answer, Silence):
                self._silent[account] = answer
            else:
                self._silent.pop(account, None)
        return answer
