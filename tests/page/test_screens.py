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
PATIENCE_MS = 10_000


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
        browser_page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
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


def test_a_search_is_an_address_and_leads_to_an_event(visitor: Visitor) -> None:
    visitor.open("/events")
    visitor.page.get_by_label("Address").fill("PERSON7@shop.example")
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.page).to_have_url(re.compile("address=PERSON7"))
    expect(visitor.row("order-7")).to_have_count(1)
    visitor.page.reload()
    expect(visitor.row("order-7")).to_have_count(1)
    visitor.page.get_by_role("button", name="Clear").click()
    expect(visitor.row("order-8")).to_have_count(1)


def test_events_are_replayed_after_a_count_and_with_a_reason(visitor: Visitor, execution: psycopg.Connection) -> None:
    (failed,) = visitor.ids["failed"]
    visitor.open("/events?status=Delivery+failed")
    visitor.page.get_by_role("checkbox", name=f"Select event {failed}").check(force=True)
    visitor.page.get_by_role("button", name="Replay").click()
    dialog = visitor.page.get_by_role("dialog", name="Replay events")
    expect(dialog).to_contain_text("1 event of the 1 that match will be replayed.")
    expect(dialog.get_by_role("button", name="Replay")).to_be_disabled()
    dialog.get_by_label("Why?").fill("the address was mended")
    dialog.get_by_role("button", name="Replay").click()
    expect(dialog).to_contain_text("1 event replayed.")
    dialog.get_by_role("button", name="Close").last.click()
    replays = execution.execute("select replay_of from message_center.event where replay_of is not null").fetchall()
    acts = execution.execute("select requested_by, reason from message_center.operator_act").fetchall()
    assert (replays, acts) == ([(failed,)], [("the admin", "the address was mended")])


def test_all_that_match_are_cancelled(visitor: Visitor, execution: psycopg.Connection) -> None:
    visitor.open("/events?status=Pending")
    expect(visitor.page.get_by_text("all that match")).to_be_visible()
    visitor.page.get_by_role("button", name="Cancel").click()
    dialog = visitor.page.get_by_role("dialog", name="Cancel events")
    expect(dialog).to_contain_text("2 events of the 2 that match will be cancelled.")
    dialog.get_by_label("Why?").fill("the shop is closed")
    dialog.get_by_role("button", name="Cancel events").click()
    expect(dialog).to_contain_text("2 events cancelled.")
    dialog.get_by_role("button", name="Close").last.click()
    expect(visitor.page.get_by_text("No event matches")).to_be_visible()


def test_a_viewer_is_told_that_an_act_is_not_theirs(visitor: Visitor) -> None:
    visitor.sign_in("viewer")
    visitor.open("/events?status=Pending")
    visitor.page.get_by_role("button", name="Cancel").click()
    dialog = visitor.page.get_by_role("dialog", name="Cancel events")
    dialog.get_by_label("Why?").fill("the shop is closed")
    dialog.get_by_role("button", name="Cancel events").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Ask an administrator of Airflow for the right")


def test_the_story_of_an_event_says_what_to_do_and_shows_the_message(visitor: Visitor) -> None:
    (failed,) = visitor.ids["failed"]
    visitor.open(f"/events/{failed}")
    expect(visitor.page).to_have_url(re.compile(f"/events/{ACCOUNT}/{failed}$"))
    story = visitor.page.get_by_role("region", name="What happened")
    expect(story.get_by_role("listitem").filter(has_text="Delivery failed")).to_contain_text("550 5.1.1 no such user")
    expect(story).to_contain_text("have the customer's address corrected")
    visitor.page.get_by_role("button", name="Show the message").click()
    expect(visitor.page.get_by_text("Thank you for order")).to_be_visible()
    visitor.page.get_by_role("button", name="Data").click()
    expect(visitor.page.get_by_text('"order":')).to_be_visible()
