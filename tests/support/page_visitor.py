"""Somebody who looks at our page in a browser, in the process of the tests."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from support.airflow_app import COOKIE, Role, token_of
from support.browser import HEIGHT, WIDTH
from support.visitor import IMAGES


@dataclass
class PageVisitor:
    """
    Somebody who looks at the page, with what is behind it.

    :param ids: the events that there are, by what became of them.
    """

    page: Page
    url: str
    ids: dict[str, list[int]] = field(default_factory=dict)

    def sign_in(self, role: Role) -> None:
        self.page.context.add_cookies([{"name": COOKIE, "value": token_of(role), "url": self.url}])

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/plugin/message-center{path}")

    def close(self, dialog: Locator) -> None:
        dialog.get_by_role("button", name="Close").last.click()
        expect(dialog).to_be_hidden()

    def tick(self, label: str) -> None:
        """Tick a box, by the keyboard."""
        box = self.page.get_by_role("checkbox", name=label)
        box.focus()
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def row(self, words: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("row").filter(has_text=words)

    def picture(self, name: str, height: int = HEIGHT, part: Locator | None = None) -> None:
        """Take a picture for docs/, of the page's beginning or of a part, where ``SCREENSHOTS`` is set."""
        if not os.environ.get("SCREENSHOTS"):
            return
        self.page.set_viewport_size({"width": WIDTH, "height": height})
        if part is None:
            for heading in self.page.get_by_role("heading", level=1).all():
                heading.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        (part or self.page).screenshot(path=IMAGES / f"{name}.png", animations="disabled")
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
