"""A search over all accounts at once: one that is away is named, and holds nobody up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from message_center.accounts.account import INSTANCE_IDENTIFIERS
from message_center.events.filters import EventFilter
from message_center.events.places import Places, from_text
from message_center.events.quarantine import find_quarantined
from message_center.events.search import Found, Row, find_archived, find_live, merged, page_of
from message_center.page.databases import UnknownAccountError, accounts, open_control, open_execution
from message_center.page.side_by_side import Silence, answered, answers
from message_center.sql import statement

Answer = TypeVar("Answer")

PATIENCE_SECONDS = 3.0
# A page that is empty, though there is more: what the archive has is here, and otherwise now.
MOST_ROUNDS = 5

_threads = ThreadPoolExecutor(len(INSTANCE_IDENTIFIERS), thread_name_prefix="message-center-search")


@dataclass
class Page:
    """
    One page of what was found.

    :param places: where the next one goes on; empty: there is no more.
    :param silent: the accounts that could not be asked, and why: of them there is what the archive has.
    :param archive: why the archive could not be asked.
    """

    rows: list[Row] = field(default_factory=list)
    places: Places = field(default_factory=dict)
    silent: dict[str, Silence] = field(default_factory=dict)
    archive: Silence | None = None


def beginning(chosen: Sequence[str], place: str | None, known: Sequence[str]) -> Places:
    """
    Return where a search of some accounts, or of all that are known, begins or goes on.

    :raises UnknownAccountError: if one of them is none.
    :raises AskedError: if the place is damaged.
    """
    if unknown := sorted(set(chosen) - set(known)):
        raise UnknownAccountError(unknown[0])
    begin = from_text(place) if place else dict.fromkeys(chosen or known)
    return {account: id_ for account, id_ in begin.items() if account in known}


def accounts_with_events() -> list[str]:
    """Return all accounts, and those that are gone, of which there is an archive."""
    archived = answered(_archived_accounts)
    return sorted({*accounts(), *([] if isinstance(archived, Silence) else archived)})


def search(wanted: EventFilter, places: Places, limit: int, seconds: float = PATIENCE_SECONDS) -> Page:
    """
    Return one page of the events that a filter means, the newest first.

    :param places: the accounts to search, and where to go on in each.
    :param seconds: how long an account is waited for.
    """
    page = Page(places=places)
    for _ in range(MOST_ROUNDS):
        if page.rows or not page.places:
            break
        archived = answered(partial(_archived, wanted, page.places, limit))
        if isinstance(archived, Silence):
            page.archive, archived = archived, {}
        found = _live_of_all(page, wanted, limit, archived, seconds)
        page.rows, page.places = page_of(found, page.places, limit)
    return page


def search_quarantine(part: str | None, channel: int | None, places: Places, limit: int) -> Page:
    """Return one page of the addresses in quarantine, the latest first, over all accounts."""
    questions = {
        account: partial(_quarantined, account, part, channel, before, limit) for account, before in places.items()
    }
    told = ask_all(questions)
    page = Page(silent={account: answer for account, answer in told.items() if isinstance(answer, Silence)})
    found = {account: answer for account, answer in told.items() if isinstance(answer, Found)}
    page.rows, page.places = page_of(found, {account: places[account] for account in found}, limit)
    return page


def ask_all(
    questions: Mapping[str, Callable[[], Answer]], seconds: float = PATIENCE_SECONDS
) -> dict[str, Answer | Silence]:
    """Ask accounts at once, each in a thread of its own, and return the answer of each, or why there is none."""
    return answers({account: _threads.submit(answered, question) for account, question in questions.items()}, seconds)


def _live_of_all(
    page: Page, wanted: EventFilter, limit: int, archived: Mapping[str, Sequence[Row]], seconds: float
) -> dict[str, Found]:
    copies = {account: archived.get(account, ()) for account in page.places}
    there_are = set(accounts())
    questions = {
        account: partial(_live, account, wanted, before, limit, copies[account])
        for account, before in page.places.items()
        if account in there_are and account not in page.silent
    }
    told = ask_all(questions, seconds)
    page.silent |= {account: answer for account, answer in told.items() if isinstance(answer, Silence)}
    return {
        account: answer if isinstance(answer := told.get(account), Found) else merged((), copies[account], limit, set())
        for account in page.places
    }


def _archived_accounts() -> list[str]:
    with closing(open_control()) as control:
        return [account for (account,) in control.execute(statement("control/archived_accounts"))]


def _archived(wanted: EventFilter, places: Places, limit: int) -> dict[str, list[Row]]:
    with closing(open_control()) as control:
        return find_archived(control, wanted, places, limit)


def _live(account: str, wanted: EventFilter, before: int | None, limit: int, archived: Sequence[Row]) -> Found:
    with closing(open_execution(account)) as execution:
        return find_live(execution, wanted, before, limit, archived)


def _quarantined(account: str, part: str | None, channel: int | None, before: int | None, limit: int) -> Found:
    with closing(open_execution(account)) as execution:
        return find_quarantined(execution, part, channel, before, limit)
