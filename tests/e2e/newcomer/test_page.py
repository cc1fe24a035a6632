"""The page on a running stack: what its workflows do is seen there, and what its buttons start is done."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from playwright.sync_api import expect

from message_center.local.paths import DEMO_ACCOUNTS
from message_center.workflows import PUBLISH, RT_EVENTS_PROCESSING
from support.browser import new_page
from support.events import push, status
from support.stack import Running
from support.visitor import Visitor
from support.waiting import PATIENCE, until

ACCOUNT = DEMO_ACCOUNTS[0]
PAGE = "/plugin/message-center"
WITHIN = 120
# What the sample template of the type asks for.
RESET = {
    "type": "password_reset",
    "email": "page@shop.example",
    "ctx": {
        "customer": {"first_name": "Marie"},
        "reset": {"url": "https://shop.example/reset/1", "valid_minutes": 30},
    },
}


def test_the_page_shows_the_stack_and_acts_on_it(working: Running) -> None:
    with working.connect(ACCOUNT) as execution:
        (id_,) = push(execution, RESET)
        until("its message sent", lambda: is_sent(execution, id_), WITHIN)
    with new_page() as page:
        visitor = Visitor(page, working)
        visitor.sign_in()
        expect(page.get_by_role("region", name="Message Center")).to_contain_text("instance")
        sees_the_instances(visitor)
        reads_the_story(visitor, id_)
        publishes(visitor)


def is_sent(execution: psycopg.Connection[Any], id_: int) -> bool:
    return status(execution, id_)[0] == "Sent"


def sees_the_instances(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Messages").click()
    row = page.get_by_role("row").filter(has_text=ACCOUNT)
    expect(row.get_by_role("link", name=f"{RT_EVENTS_PROCESSING.dag_id(ACCOUNT)}: in order")).to_be_visible()
    row.get_by_role("link", name=ACCOUNT, exact=True).click()
    expect(page.get_by_role("heading", name=ACCOUNT)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Events: in at most"))).to_be_visible()


def reads_the_story(visitor: Visitor, id_: int) -> None:
    page = visitor.page
    page.get_by_role("link", name="Events", exact=True).click()
    page.get_by_label("Address").fill("page@shop.example")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=str(id_)).click()
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Sent, after one try")
    page.get_by_role("button", name="Show the message").click()
    expect(page.get_by_title(f"The message of event {id_}")).to_be_visible()


def publishes(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Templates", exact=True).click()
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog", name="Publish templates")
    dialog.get_by_label("Why?").fill("from the page")
    dialog.get_by_role("button", name="Publish").click()
    dialog.get_by_role("link", name=f"Started: see the run of {PUBLISH.name}").click()
    expect(page.get_by_test_id("header-card").get_by_test_id("state-badge")).to_have_text(
        "Success", timeout=PATIENCE * WITHIN * 1_000
    )
