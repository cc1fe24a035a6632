"""A link to what is about a person outlives the sign-in, and no server is told what stands behind its "#"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from message_center.page.arrival import SCRIPT
from support.page_visitor import PageVisitor

LINK = "/events?type=order_confirmation#address=max%40shop.example"


@pytest.fixture
def asked(operator: PageVisitor) -> Iterator[list[str]]:
    """The URLs that the browser asks for."""
    urls: list[str] = []

    def note(request: object) -> None:
        urls.append(str(getattr(request, "url", "")))

    operator.page.on("request", note)
    yield urls
    operator.page.remove_listener("request", note)
    operator.sign_in("admin")


def signs_in(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    ((user, password),) = SimpleAuthManager.get_passwords().items()
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_who_has_to_sign_in_first_finds_what_the_link_means(operator: PageVisitor, asked: list[str]) -> None:
    operator.page.context.clear_cookies()
    operator.open(LINK)
    signs_in(operator.page)
    expect(operator.row("order-77")).to_have_count(3)
    assert operator.page.url == f"{operator.url}/plugin/message-center{LINK}"
    assert any("/auth/login?next=" in url for url in asked)
    # What a browser keeps to itself stands behind the "#" of what it asks for.
    assert not [url for url in asked if "max" in url.partition("#")[0]]


# What Airflow's own script does when the server says that nobody is signed in.
ENDED = """() => location.replace(`/api/v2/auth/login?${new URLSearchParams({
    next: location.pathname + location.search + location.hash })}`)"""


def test_whose_session_ends_on_the_page_finds_it_again(operator: PageVisitor, asked: list[str]) -> None:
    page = operator.page
    page.goto(operator.url)
    page.get_by_role("link", name="Messages").click()
    page.get_by_role("navigation", name="Message Center").get_by_role("link", name="Events").click()
    page.get_by_label("Address").fill("max@shop.example")
    page.get_by_role("button", name="Search").click()
    expect(operator.row("order-77")).to_have_count(3)
    page.context.clear_cookies()
    page.evaluate(ENDED)
    signs_in(page)
    expect(operator.row("order-77")).to_have_count(3)
    assert any("/auth/login?next=" in url for url in asked)
    assert not [url for url in asked if "max" in url.partition("#")[0]]


def test_only_our_page_has_the_script(viewer: TestClient) -> None:
    for path, is_ours in (("/plugin/message-center/events", True), ("/dags", False), ("/plugin/message-center", True)):
        answer = viewer.get(path, headers={"accept-encoding": "gzip"})
        assert (answer.status_code, SCRIPT in answer.content) == (200, is_ours), path
    assert SCRIPT not in viewer.get("/message-center/static/page.js").content
