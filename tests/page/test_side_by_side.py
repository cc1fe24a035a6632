"""All accounts are asked at once: one that thinks holds nobody up, and is not asked a second time meanwhile."""

from __future__ import annotations

from threading import Event

import psycopg

from message_center.accounts.account import AccountError
from message_center.page.side_by_side import STILL_WAITING, SideBySide, Silence


class Accounts:
    """Answers at once, but for ``slow``, which waits until it may, and ``gone``."""

    def __init__(self) -> None:
        self.may, self.asked, self.is_away = Event(), list[str](), True

    def ask(self, account: str) -> str:
        self.asked.append(account)
        if account in ("slow", "away"):
            self.may.wait(30)
        if account == "away" and self.is_away:
            raise psycopg.OperationalError("no route")
        if account == "gone":
            raise psycopg.OperationalError("connection refused")
        if account == "wrong":
            raise AccountError(account, "it has no database", "Make one")
        return f"hello from {account}"


def test_the_others_are_there_while_one_thinks() -> None:
    accounts = Accounts()
    look = SideBySide(accounts.ask)
    assert look(["quick", "slow"], 0.2) == {"quick": "hello from quick", "slow": STILL_WAITING}
    assert look(["slow"], 0) == {"slow": STILL_WAITING}
    accounts.may.set()
    assert look(["slow"], 10) == {"slow": "hello from slow"}
    assert accounts.asked.count("slow") == 1


def test_what_something_stands_in_for_is_waited_for_no_longer_than_a_glance() -> None:
    accounts = Accounts()
    looks = SideBySide(accounts.ask).begin(["quick", "slow"])
    assert looks.answers(3600, spared=["slow"]) == {"quick": "hello from quick", "slow": STILL_WAITING}
    accounts.may.set()
    assert looks.answers(10)["slow"] == "hello from slow"
    assert accounts.asked == ["quick", "slow"], "a look asks once, however often it is waited for"


def test_what_is_over_is_asked_again() -> None:
    accounts = Accounts()
    look = SideBySide(accounts.ask)
    assert look(["quick"], 10) == look(["quick"], 10)
    assert accounts.asked == ["quick", "quick"]


def test_what_went_wrong_is_said_with_what_to_do() -> None:
    answers = SideBySide(Accounts().ask)(["gone", "wrong"], 10)
    assert answers["wrong"] == Silence("It has no database.", "Make one.")
    gone = answers["gone"]
    assert isinstance(gone, Silence)
    assert ("connection refused" in gone.detail, bool(gone.remedy)) == (True, True)


def test_what_was_away_is_asked_again_and_not_waited_for() -> None:
    accounts = Accounts()
    look = SideBySide(accounts.ask)
    assert look(["away"], 0) == {"away": STILL_WAITING}
    accounts.may.set()
    (gone,) = look(["away"], 10).values()
    assert "no route" in getattr(gone, "detail", "")
    accounts.may.clear()
    # It thinks: what it said before is told again, however long one would wait.
    assert look(["quick", "away"], 3600) == {"quick": "hello from quick", "away": gone}
    accounts.is_away = False
    accounts.may.set()
    answer = look(["away"], 10)
    while answer == {"away": gone}:
        answer = look(["away"], 10)
    assert answer == {"away": "hello from away"}
    assert list(look(["away", "quick"], 10)) == ["away", "quick"]
