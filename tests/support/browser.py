"""A real browser, for tests that go through Airflow's pages as people do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from support.process import REPOSITORY

NAMES = ("chromium", "chromium-browser", "google-chrome")
# It runs as whoever runs the tests, root in a container too, and talks to nobody but the page's server.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# For one thing to show on a page, on a machine on which much else runs.
PATIENCE_MS = 60_000
WIDTH, HEIGHT = 1280, 800
# Airflow's icons of what is running turn for ever: without a graphics card, that takes a processor.
STILL = """
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { animation: none !important; transition: none !important; }");
    document.adoptedStyleSheets = [still];
"""
AS_IT_FAILED = REPOSITORY / "build" / "browser" / "as_it_failed.png"


def chromium() -> str:
    """
    Return the path of an installed Chromium; ``CHROMIUM`` says which one.

    Where there is none, the test is skipped, and says what to install.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium (Debian: apt-get install chromium), and no page is looked at without it")
    return found


@contextmanager
def new_page() -> Iterator[Page]:
    """Yield an empty page of a browser with a profile of its own; if the test fails, keep a picture of the page."""
    path = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, timezone_id="UTC", locale="en-GB")
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(STILL)
        try:
            yield page
        except BaseException:
            AS_IT_FAILED.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=AS_IT_FAILED)
            raise
        finally:
            browser.close()
