"""The twelve questions of an operator: docs/tour.md walked in a browser, and the answer's very words found there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from playwright.sync_api import Locator, expect

from support.page_visitor import PageVisitor
from support.pages import headings, text_of
from support.process import REPOSITORY

TOUR = "docs/tour.md"
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


@pytest.mark.parametrize("question", SECTIONS)
def test_a_question_is_answered(operator: PageVisitor, question: str) -> None:
    section = SECTIONS[question]
    (link,) = re.findall(r"`(/plugin/[^`]+)`", section)
    operator.page.goto(operator.url + link)
    part = WALKS[question](operator)
    words = re.findall(r'"([^"]+)"', " ".join(section.split()))
    assert words, "what one reads stands in quotes"
    for each in words:
        expect((part or operator.page).get_by_text(each).first).to_be_visible()
    (image,) = re.findall(r"!\[[^\]]*\]\(images/(\w+)\.png\)", section)
    operator.picture(image, 900, part)
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
    return visitor.page.get_by_role("table", name="Events")


@answers("Which text did they get, and why that one?")
def text(visitor: PageVisitor) -> Locator:
    story = open_the_event(visitor, "Sent")
    visitor.page.get_by_role("button", name="Show the message").click()
    expect(visitor.page.get_by_text("Subject:")).to_be_visible()
    return story.locator("..")


@answers("Who stopped this?")
def stopped(visitor: PageVisitor) -> Locator:
    return visitor.page.get_by_role("table", name="Execution instances")


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
    return visitor.page.get_by_role("table", name="Events")


@answers("Did the restore lose anything?")
def restored(visitor: PageVisitor) -> Locator:
    return region(visitor, "Queues")


@answers("What has changed since yesterday?")
def changed(visitor: PageVisitor) -> Locator:
    return region(visitor, "Latest publications")


@answers("Can this morning's failures be sent again?")
def again(visitor: PageVisitor) -> Locator:
    # Whoever runs this soon after midnight has events of yesterday.
    this_morning = f"{datetime.now(timezone.utc) - timedelta(hours=12):%Y-%m-%d}T00:00"
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
