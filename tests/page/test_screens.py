"""The screens in a real browser: each shows what the databases hold, and does what its buttons say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from fastapi import FastAPI
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from support.airflow_app import COOKIE, Role, token_of
from support.browser import new_page
from support.served import served
from support.shop import history, known_to_airflow

ACCOUNT, GONE = "mcTest", "mcGone"


@dataclass
class Visitor:
    """Somebody who looks at the page, with what is behind it."""

    page: Page
    url: str
    ids: dict[str, list[int]]

    def sign_in(self, role: Role) -> None:
        self.page.context.add_cookies([{"name": COOKIE, "value": token_of(role), "url": self.url}])

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/plugin/message-center{path}")

    def row(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("row").filter(has_text=words)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """One browser for all tests of this file."""
    with new_page() as page:
        yield page


@pytest.fixture(scope="module")
def url(airflow: FastAPI) -> Iterator[str]:
    with served(airflow) as url:
        yield url


@pytest.fixture
def visitor(
    browser_page: Page, url: str, dags: Session, control: psycopg.Connection, execution: psycopg.Connection
) -> Iterator[Visitor]:
    """Somebody who may do everything, before an account with a history and one that is away."""
    ids = history(control, execution, ACCOUNT)
    with known_to_airflow(control, **{ACCOUNT: execution, GONE: None}):
        visitor = Visitor(browser_page, url, ids)
        visitor.sign_in("admin")
        yield visitor
        # Nothing of this page asks for anything any more when the databases go.
        browser_page.goto("about:blank")


def test_the_instances_and_one_of_them(visitor: Visitor) -> None:
    visitor.open()
    expect(visitor.row(ACCOUNT)).to_contain_text("1 for later")
    expect(visitor.row(GONE)).to_contain_text("cannot be reached")
    visitor.page.get_by_role("link", name=ACCOUNT, exact=True).click()
    expect(visitor.page.get_by_role("heading", name=ACCOUNT)).to_be_visible()
    expect(visitor.row("550 5.1.1 no such user")).to_contain_text("unknown user")


def test_a_workflow_is_paused_and_unpaused(visitor: Visitor) -> None:
    visitor.open(f"/instances/{ACCOUNT}")
    row = visitor.row(f"rtEventsProcessing_{ACCOUNT}")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Unpause").click()
    expect(row).to_contain_text("in order")


def test_the_home_page_says_what_needs_somebody(visitor: Visitor) -> None:
    visitor.page.goto(visitor.url)
    strip = visitor.page.get_by_role("region", name="Message Center")
    expect(strip).to_contain_text("1 instance needs somebody")
    expect(strip).to_contain_text("cannot be reached")


def test_an_address_that_leads_nowhere_says_so(visitor: Visitor) -> None:
    visitor.open("/nowhere")
    expect(visitor.page.get_by_text("There is no such page")).to_be_visible()
    visitor.open("/instances/nobody")
    expect(visitor.page.get_by_role("alert")).to_contain_text("there is no such account")
