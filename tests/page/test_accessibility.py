"""What a screen reader and a keyboard get of our page: each screen by axe-core, and a story without a mouse."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from support.browser import HEIGHT, WIDTH
from support.page_visitor import PageVisitor

ACCOUNT = "mcTest"
# What is ours on Airflow's pages: the page, its dialogs, and the strip on the home page.
OURS = {"include": ["#message-center, [role='dialog'], section[aria-label='Message Center']"]}
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
AXE = Axe()
# What is wider than a phone, and in nothing that scrolls.
TOO_WIDE = """() => {
    const hides = (element) => ["auto", "scroll", "hidden"].includes(getComputedStyle(element).overflowX);
    const scrolls = (element) => element.id !== "message-center" && (hides(element) || scrolls(element.parentElement));
    return [...document.querySelectorAll("#message-center *")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement))
        .map((element) => element.outerHTML.slice(0, 200));
}"""
PHONE: ViewportSize = {"width": 390, "height": 844}
COLOURS: tuple[Literal["light", "dark"], ...] = ("dark", "light")


def opened_event(page: Page) -> None:
    page.get_by_role("link", name=re.compile(r"^\d{17}$")).first.click()
    page.get_by_role("button", name="Show the message").click()
    expect(page.get_by_text("Subject:")).to_be_visible()


def dialog(button: str) -> Callable[[Page], None]:
    def opened(page: Page) -> None:
        page.get_by_role("button", name=button, exact=True).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return opened


def history(page: Page) -> None:
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("table", name="History")).to_be_visible()


def times(page: Page) -> None:
    page.get_by_role("button", name="Processing time").click()
    expect(page.get_by_role("table", name="Processing time")).to_be_visible()


def nothing(page: Page) -> None:
    """The screen itself."""


# The address, words that are there when it is, and what is done there.
SCREENS: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "home": ("", "Message Center", nothing),
    "instances": ("/plugin/message-center", "3 for later", nothing),
    "instance": (f"/plugin/message-center/instances/{ACCOUNT}", "among the last", nothing),
    "nobody": ("/plugin/message-center/instances/nobody", "there is no such account", nothing),
    "events": ("/plugin/message-center/events#address=max%40shop.example", "Pushed", nothing),
    "no event": ("/plugin/message-center/events?id=1", "No event matches", nothing),
    "replay": ("/plugin/message-center/events#address=max%40shop.example", "Pushed", dialog("Replay")),
    "event": ("/plugin/message-center/events#address=lisa%40shop.example", "Pushed", opened_event),
    "quarantine": ("/plugin/message-center/quarantine", "nora@shop.example", nothing),
    "add": ("/plugin/message-center/quarantine", "nora@shop.example", dialog("Add addresses")),
    "templates": ("/plugin/message-center/templates", "Latest publications", nothing),
    "template": ("/plugin/message-center/templates/order_confirmation", "What has changed", nothing),
    "service level": ("/plugin/message-center/reports", "Within 20 s", nothing),
    "times": ("/plugin/message-center/reports", "Within 20 s", times),
    "history": ("/plugin/message-center/reports", "Within 20 s", history),
    "nowhere": ("/plugin/message-center/nowhere", "There is no such page", nothing),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_no_fault(operator: PageVisitor, screen: str) -> None:
    path, words, act = SCREENS[screen]
    page = operator.page
    page.goto(operator.url + path)
    expect(page.get_by_text(words).first).to_be_visible()
    act(page)
    expect(page.get_by_text("Loading")).to_have_count(0)
    for colours in COLOURS:
        page.emulate_media(color_scheme=colours)
        expect(page.locator("html")).to_have_class(re.compile(colours))
        found = AXE.run(page, OURS, RULES)
        assert found.violations_count == 0, found.generate_report()
    page.set_viewport_size(PHONE)
    try:
        assert page.evaluate(TOO_WIDE) == []
    finally:
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


# Whether people see where they are: an outline, or a shadow; a box that is ticked has it beside its hidden input, and a
# date shows it in one of its parts, which nobody outside can see.
SHOWN = """() => {
    const shows = (element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const element = document.activeElement;
    const isOurs = element.closest("#message-center, [role=dialog]") !== null && !element.matches("[type^=date]");
    return !isOurs || shows(element) || (element.nextElementSibling !== null && shows(element.nextElementSibling));
}"""
STOPS = 60


def tab_to(page: Page, role: Literal["textbox", "link", "button"], name: str | re.Pattern[str]) -> None:
    """Press Tab until something has the focus, which is seen at each stop."""
    wanted = page.get_by_role(role, name=name).and_(page.locator(":focus"))
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWN), page.evaluate("document.activeElement.outerHTML")
        if wanted.count():
            return
    raise AssertionError(f"no stop of {STOPS} is {name}")


def test_an_event_is_found_read_and_replayed_by_the_keyboard(visitor: PageVisitor) -> None:
    (failed,) = visitor.ids["failed"]
    page, said = visitor.page, visitor.page.locator("#message-center > [role=status]")
    visitor.open("/events")
    expect(said).to_contain_text("events on this page")
    tab_to(page, "textbox", "External id")
    page.keyboard.type("order-0")
    page.keyboard.press("Enter")
    expect(said).to_have_text("1 event on this page")

    tab_to(page, "link", str(failed))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Event {failed}", level=1)).to_be_focused()
    expect(page).to_have_title(re.compile(f"^Event {failed}"))
    expect(said).to_have_text("Loaded the event.")

    tab_to(page, "button", "Replay")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Replay events")
    expect(dialog).to_contain_text("1 event of the 1 that match")
    tab_to(page, "textbox", re.compile("^Why"))
    page.keyboard.type("the address was mended")
    tab_to(page, "button", "Replay")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status")).to_contain_text("1 event replayed.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Replay")).to_be_focused()


def test_a_failure_is_read_out(visitor: PageVisitor) -> None:
    visitor.open("/instances/nobody")
    expect(visitor.page.get_by_role("alert")).to_contain_text("there is no such account")


# How much lighter the lightest of a picture is than its darkest, as WCAG counts contrast.
CONTRAST = """async (encoded) => {
    const image = new Image();
    image.src = `data:image/png;base64,${encoded}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const pixels = canvas.getImageData(0, 0, image.width, image.height).data;
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const lights = [];
    for (let at = 0; at < pixels.length; at += 4) {
        const [red, green, blue] = [0, 1, 2].map((each) => linear(pixels[at + each] / 255));
        lights.push(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    }
    return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
}"""


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("path", ["/dags", "/plugin/message-center"])
def test_the_icon_is_seen_whether_it_is_chosen_or_not(
    operator: PageVisitor, path: str, colours: Literal["light", "dark"]
) -> None:
    page = operator.page
    page.emulate_media(color_scheme=colours)
    page.goto(operator.url + path)
    icon = page.get_by_role("link", name="Messages").locator("img")
    expect(icon).to_be_visible()
    contrast = page.evaluate(CONTRAST, b64encode(icon.screenshot()).decode())
    page.emulate_media(color_scheme="light")
    assert contrast > 4.5
