"""Airflow's pages, as somebody who visits them sees and uses them."""

from __future__ import annotations

import os
import re
import time

from playwright.sync_api import Locator, Page, TimeoutError, expect

from message_center.local.settings import ADMIN, airflow_url
from support.browser import HEIGHT, WIDTH
from support.process import REPOSITORY
from support.stack import Running
from support.waiting import PATIENCE

IMAGES = REPOSITORY / "docs" / "images"
CONNECTION_TYPE = "Message Center execution instance"
PICTURE_HEIGHT = 680
# A page that waits for a run looks again by itself; one that waits for a DAG doesn't, and loading it takes seconds.
LOOK_AGAIN_MS = 10_000


class Visitor:
    """
    Goes through the pages of a running stack by what is written on them.

    :ivar page: the page that is open.
    """

    def __init__(self, page: Page, stack: Running) -> None:
        self.page, self._stack, self._url = page, stack, airflow_url(stack.ports)

    def sign_in(self) -> None:
        self.page.goto(self._url)
        self.page.get_by_label("Username").fill(ADMIN)
        self.page.get_by_label("Password").fill(self._stack.paths.secrets["admin"])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Welcome")).to_be_visible()

    def open_connections(self) -> None:
        self.page.get_by_role("button", name="Admin").click()
        self.page.get_by_role("menuitem", name="Connections").click()
        expect(self.page.get_by_role("heading", name=re.compile(r"\d+ Connections"))).to_be_visible()

    def connection_form(self) -> Locator:
        """Return the form of a connection, when it is open."""
        return self.page.get_by_role("dialog").filter(has_text="Connection ID")

    def begin_account(self, name: str, **standard_fields: str) -> None:
        """Open the form of a new account, and fill in the standard fields."""
        self.page.get_by_role("button", name="Add Connection").click()
        form = self.connection_form()
        form.get_by_label("Connection ID").fill(name)
        form.get_by_role("combobox", name="Connection Type").fill("Message Center")
        self.page.get_by_role("option", name=CONNECTION_TYPE).click()
        for label, value in standard_fields.items():
            form.get_by_label(label, exact=True).fill(value)

    def extra_fields(self) -> Locator:
        """Open the part of the form that is ours, and return the form."""
        form = self.connection_form()
        form.get_by_role("button", name="Extra Fields", exact=True).click()
        expect(self.field(form, "SMTP connection")).to_be_visible()
        return form

    def field(self, form: Locator, label: str) -> Locator:
        """Return a line of text in a form; Airflow does not tie all of them to their labels."""
        return form.get_by_role("group").filter(has_text=label).get_by_role("textbox")

    def save(self, form: Locator) -> None:
        form.get_by_role("button", name="Save").click()
        expect(form).to_be_hidden()

    def connection(self, name: str) -> Locator:
        """Return a connection's row in the list."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("cell", name=name, exact=True))

    def test_connection(self, name: str) -> None:
        self.connection(name).get_by_role("button", name="Test Connection").click()

    def notice(self, words: str | re.Pattern[str]) -> Locator:
        """Return what Airflow says in the corner, if it has these words."""
        return self.page.get_by_role("status").filter(has_text=words)

    def search_dags(self, words: str) -> None:
        """Search the list of DAGs, by the beginning of their names."""
        search = self.page.get_by_role("textbox", name="Search Dags")
        if not search.is_visible():
            self.page.get_by_test_id("nav-dags-link").click()
        search.fill(words)
        expect(self.page).to_have_url(re.compile(f"name_pattern={words}"))

    def toggle_match_anywhere(self) -> None:
        """Let the search look into the whole name, or no longer."""
        self.page.get_by_test_id("advanced-search-toggle").click()

    def dag(self, dag_id: str) -> Locator:
        """Return a DAG in the list, by its id, whatever name it shows."""
        return self.page.get_by_test_id("dag-card").filter(has=self.page.locator(f"a[href='/dags/{dag_id}']"))

    def comes_to_show(self, what: Locator, seconds: float) -> None:
        """Look again and again, as people do who wait, until the page shows it."""
        end = time.monotonic() + PATIENCE * seconds
        while time.monotonic() < end:
            try:
                what.first.wait_for(timeout=LOOK_AGAIN_MS)
            except TimeoutError:
                self.page.reload()
            else:
                return
        expect(what.first).to_be_visible()

    def pause(self, dag_id: str, paused: bool = True) -> None:
        card = self.dag(dag_id)
        card.get_by_test_id("toggle-pause").click()
        expect(card.get_by_role("checkbox")).to_be_checked(checked=not paused)

    def open_trigger_form(self, dag_id: str) -> Locator:
        """Open a DAG that is in the list, and the form that triggers it."""
        self.dag(dag_id).get_by_test_id("dag-id").click()
        expect(self.page.get_by_test_id("header-card")).to_be_visible()
        self.page.get_by_test_id("trigger-dag-button").click()
        form = self.page.get_by_role("dialog").filter(has_text="Run Parameters")
        expect(self.field(form, "Comment")).to_be_visible()
        return form

    def trigger(self, form: Locator) -> Locator:
        """Trigger a DAG by its form, and return what the page of the run says of its state."""
        form.get_by_role("button", name="Trigger", exact=True).click()
        self.page.wait_for_url("**/runs/manual*")
        return self.page.get_by_test_id("header-card").get_by_test_id("state-badge")

    def task_instance(self, task_id: str) -> Locator:
        """Return a task in the list of a run's page."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=task_id, exact=True))

    def picture(self, name: str, part: Locator | None = None) -> None:
        """Take a picture for the pages for people, where ``SCREENSHOTS`` is set."""
        if os.environ.get("SCREENSHOTS"):
            # A part is taken as a whole, however long it is; of a page, its beginning is enough.
            self.page.set_viewport_size({"width": WIDTH, "height": 2 * HEIGHT if part else PICTURE_HEIGHT})
            (part or self.page).screenshot(path=IMAGES / f"{name}.png", animations="disabled")
            self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
