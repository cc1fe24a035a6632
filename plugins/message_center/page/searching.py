"""A search over all accounts at once: one that is away is named, and holds nobody up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from message_center.accounts.account import INSTANCE_IDENTIFIERS
from message_center.events.filters import EventFilter
from message_center.events.places import Places
from message_center.events.search import Found, Row, find_archived, find_live, merged, page_of
from message_center.page.databases import open_control, open_execution
from message_center.page.side_by_side import STILL_WAITING, Silence, answered

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


def _live_of_all(
    page: Page, wanted: EventFilter, limit: int, archived: Mapping[str, Sequence[Row]], seconds: float
) -> dict[str, Found]:
    asked = {
        account: _threads.submit(answered, partial(_live, account, wanted, before, limit, archived.get(account, ())))
        for account, before in page.places.items()
        if account not in page.silent
    }
    wait(asked.values(), timeout=seconds)
    answers = {account: each.result() if each.done() else STILL_WAITING for account, each in asked.items()}
    page.silent |= {account: answer for account, answer in answers.items() if isinstance(answer, Silence)}
    return {
        account: answer
        if isinstance(answer := answers.get(account), Found)
        else merged((), archived.get(account, ()), limit, set())
        for account in page.places
    }


def _archived(wanted: EventFilter, places: Places, limit: int) -> dict[str, list[Row]]:
    with closing(open_control()) as control:
        return find_archived(control, wanted, places, limit)


def _live(account: str, wanted: EventFilter, before: int | None, limit: int, archived: Sequence[Row]) -> Found:
    with closing(open_execution(account)) as execution:
        return find_live(execution, wanted, before, limit, archived)
