"""All instances asked at once, none of which holds another up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

import psycopg

from message_center.accounts.account import INSTANCE_IDENTIFIERS, AccountError
from message_center.page.failures import told

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 0.8
"""Less than the second within which the page is there."""


AT_ONCE = 16
"""With a hundred at once none is ready before all of them are."""

A_MOMENT = 0.1
"""For what did not answer before: time for a server that is back."""


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


def answers(asked: Mapping[str, Future[Answer | Silence]], seconds: float) -> dict[str, Answer | Silence]:
    """Wait for what accounts were asked, and return the answer of each, or why there is none yet."""
    wait(asked.values(), timeout=seconds)
    return {account: answer.result() if answer.done() else STILL_WAITING for account, answer in asked.items()}


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

    def begin(self, accounts: Iterable[str]) -> None:
        """Ask accounts, and don't wait."""
        with self._lock:
            for account in accounts:
                self._asked_of(account)

    def __call__(self, accounts: Iterable[str], seconds: float = PATIENCE_SECONDS) -> dict[str, Answer | Silence]:
        """Return the answer of each account, or why there is none."""
        with self._lock:
            silent, asked = dict(self._silent), {account: self._asked_of(account) for account in accounts}
        begun = monotonic()
        known = answers({account: each for account, each in asked.items() if account not in silent}, seconds)
        left = max(0.0, min(seconds, A_MOMENT) - (monotonic() - begun))
        again = answers({account: each for account, each in asked.items() if account in silent}, left)
        told = {account: silent[account] if answer is STILL_WAITING else answer for account, answer in again.items()}
        return {account: (known | told)[account] for account in asked}

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
