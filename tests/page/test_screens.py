"""The screens in a real browser: each shows what the databases hold, and does what its buttons say."""

from __future__ import annotations

import re

import psycopg
import pytest
from airflow.models import DagRun
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from message_center import workflows
from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.page.app import STATIC_FOLDER
from message_center.workflows import ARCHIVING, PUBLISH, ROLL_BACK, STOP_EVENT_TYPE, UNPUBLISH, Workflow
from support.doors import add_caller
from support.page_visitor import PageVisitor
from support.webhooks import Receiver, known, webhook

ACCOUNT, GONE = "mcTest", "mcGone"
LOOKED = """insert into message_center.look (account, looked_at, reached_at, measures)
    values (%s, now(), now(), '[
        {"subject": "all", "indicator": "error_rate", "value": 50},
        {"subject": "all", "indicator": "pending", "value": 1},
        {"subject": "all", "indicator": "queue_seconds", "value": 0.1},
        {"subject": "all", "indicator": "sending_seconds", "value": 0.2},
        {"subject": "all", "indicator": "processing_seconds", "value": 0.6}]')"""


def test_the_instances_and_one_of_them(visitor: PageVisitor) -> None:
    visitor.open()
    expect(visitor.row(ACCOUNT)).to_contain_text("1 for later")
    expect(visitor.row(GONE)).to_contain_text("cannot be reached")
    visitor.picture("page_instances", 460)
    visitor.page.get_by_role("link", name=ACCOUNT, exact=True).click()
    expect(visitor.page.get_by_role("heading", name=ACCOUNT)).to_be_visible()
    expect(visitor.row("550 5.1.1 no such user")).to_contain_text("unknown user")


def test_a_workflow_is_paused_and_unpaused(visitor: PageVisitor) -> None:
    visitor.open(f"/instances/{ACCOUNT}")
    row = visitor.row(f"rtEventsProcessing_{ACCOUNT}")
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Unpause").click()
    expect(row).to_contain_text("in order")


def test_the_home_page_says_what_needs_somebody(visitor: PageVisitor) -> None:
    visitor.page.goto(visitor.url)
    strip = visitor.page.get_by_role("region", name="Message Center")
    expect(strip).to_contain_text("1 instance needs somebody")
    expect(strip).to_contain_text("cannot be reached")
    visitor.picture("page_home", 420)


def test_an_address_that_leads_nowhere_says_so(visitor: PageVisitor) -> None:
    visitor.open("/nowhere")
    expect(visitor.page.get_by_text("There is no such page")).to_be_visible()
    visitor.open("/instances/nobody")
    expect(visitor.page.get_by_role("alert")).to_contain_text("there is no such account")


def test_a_search_is_an_address_and_leads_to_an_event(visitor: PageVisitor) -> None:
    """What is about a person stands behind the "#", where no server sees it."""
    visitor.open("/events")
    visitor.page.get_by_label("Address").fill("PERSON7@shop.example")
    visitor.page.get_by_role("button", name="Search").click()
    expect(visitor.page).to_have_url(re.compile(r"/events#address=PERSON7[^?]*$"))
    expect(visitor.row("order-7")).to_have_count(1)
    visitor.page.reload()
    expect(visitor.row("order-7")).to_have_count(1)
    visitor.page.get_by_role("button", name="Clear").click()
    expect(visitor.row("order-8")).to_have_count(1)
    visitor.picture("page_events", 760)


def test_events_are_replayed_after_a_count_and_with_a_reason(
    visitor: PageVisitor, execution: psycopg.Connection
) -> None:
    (failed,) = visitor.ids["failed"]
    visitor.open("/events?status=Delivery+failed")
    visitor.tick(f"Select event {failed}")
    visitor.page.get_by_role("button", name="Replay").click()
    dialog = visitor.page.get_by_role("dialog", name="Replay events")
    expect(dialog).to_contain_text("1 event of the 1 that match will be replayed.")
    expect(dialog.get_by_role("button", name="Replay")).to_be_disabled()
    dialog.get_by_label("Why?").fill("the address was mended")
    visitor.picture("page_replay", 640)
    dialog.get_by_role("button", name="Replay").click()
    expect(dialog).to_contain_text("1 event replayed.")
    visitor.close(dialog)
    replays = execution.execute("select replay_of from message_center.event where replay_of is not null").fetchall()
    acts = execution.execute("select requested_by, reason from message_center.operator_act").fetchall()
    assert (replays, acts) == ([(failed,)], [("the admin", "the address was mended")])


def test_all_that_match_are_cancelled(visitor: PageVisitor, execution: psycopg.Connection) -> None:
    visitor.open("/events?status=Pending")
    expect(visitor.page.get_by_text("all that match")).to_be_visible()
    visitor.page.get_by_role("button", name="Cancel").click()
    dialog = visitor.page.get_by_role("dialog", name="Cancel events")
    expect(dialog).to_contain_text("2 events of the 2 that match will be cancelled.")
    dialog.get_by_label("Why?").fill("the shop is closed")
    dialog.get_by_role("button", name="Cancel events").click()
    expect(dialog).to_contain_text("2 events cancelled.")
    visitor.close(dialog)
    expect(visitor.page.get_by_text("No event matches")).to_be_visible()


def test_a_viewer_is_told_that_an_act_is_not_theirs(visitor: PageVisitor) -> None:
    visitor.sign_in("viewer")
    visitor.open("/events?status=Pending")
    visitor.page.get_by_role("button", name="Cancel").click()
    dialog = visitor.page.get_by_role("dialog", name="Cancel events")
    dialog.get_by_label("Why?").fill("the shop is closed")
    dialog.get_by_role("button", name="Cancel events").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Ask an administrator of Airflow for the right")


def test_the_story_of_an_event_says_what_to_do_and_shows_the_message(visitor: PageVisitor) -> None:
    (failed,) = visitor.ids["failed"]
    visitor.open(f"/events/{failed}")
    expect(visitor.page).to_have_url(re.compile(f"/events/{ACCOUNT}/{failed}$"))
    story = visitor.page.get_by_role("region", name="What happened")
    expect(story.get_by_role("listitem").filter(has_text="Delivery failed")).to_contain_text("550 5.1.1 no such user")
    expect(story).to_contain_text("have the customer's address corrected")
    visitor.picture("page_event", 680)
    visitor.page.get_by_role("button", name="Show the message").click()
    expect(visitor.page.get_by_text("Thank you for order")).to_be_visible()
    visitor.page.get_by_role("button", name="Data").click()
    expect(visitor.page.get_by_text('"order":')).to_be_visible()


def test_the_curves_of_a_period_have_an_address(visitor: PageVisitor) -> None:
    visitor.open(f"/instances/{ACCOUNT}")
    expect(visitor.page.get_by_role("img", name=re.compile("^Events: in at most"))).to_be_visible()
    visitor.page.get_by_role("button", name="7 days").click()
    expect(visitor.page).to_have_url(re.compile("length=7d"))
    expect(visitor.page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")


def test_addresses_go_into_quarantine_and_out_of_it(visitor: PageVisitor, execution: psycopg.Connection) -> None:
    visitor.open("/quarantine")
    visitor.page.get_by_role("button", name="Add addresses").click()
    dialog = visitor.page.get_by_role("dialog", name="Add to quarantine")
    dialog.get_by_label("Instance").select_option(ACCOUNT)
    dialog.get_by_label("Addresses").fill("one@shop.example, two@shop.example")
    dialog.get_by_label("Why?").fill("they asked for it")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_contain_text("2 addresses added.")
    visitor.close(dialog)
    expect(visitor.row("one@shop.example")).to_contain_text("by hand")
    visitor.tick("Select one@shop.example")
    visitor.page.get_by_role("button", name="Release 1 address").click()
    dialog = visitor.page.get_by_role("dialog", name="Release from quarantine")
    dialog.get_by_label("Why?").fill("and again not")
    dialog.get_by_role("button", name="Release").click()
    expect(dialog).to_contain_text("1 address released.")
    visitor.close(dialog)
    expect(visitor.row("two@shop.example")).to_be_visible()
    visitor.picture("page_quarantine", 420)
    expect(visitor.row("one@shop.example")).to_have_count(0)


def test_a_template_shows_what_has_changed_and_is_rolled_back(visitor: PageVisitor, dags: Session) -> None:
    visitor.open("/templates")
    expect(visitor.row("A friendlier subject").first).to_contain_text("on all instances")
    visitor.page.get_by_role("link", name="order_confirmation").first.click()
    difference = visitor.page.get_by_role("region", name="Difference")
    expect(difference.locator("ins")).to_contain_text("Thank you for order")
    visitor.picture("page_template", 620)
    visitor.page.get_by_role("button", name="Roll back to publication 1").click()
    dialog = visitor.page.get_by_role("dialog", name="Roll back order_confirmation")
    dialog.get_by_label("Why?").fill("the old one was better")
    dialog.get_by_role("button", name="Roll back").click()
    expect(dialog.get_by_role("link", name="Started: see the run")).to_be_visible()
    (run,) = dags.scalars(select(DagRun).where(DagRun.dag_id == ROLL_BACK.name))
    assert run.conf == {"version": 1, "templates": ["order_confirmation"], "comment": "the old one was better"}
    visitor.close(dialog)


def test_an_event_type_is_stopped_by_its_dag(visitor: PageVisitor, dags: Session) -> None:
    visitor.open("/templates/password_reset")
    visitor.page.get_by_role("button", name="Stop password_reset").click()
    dialog = visitor.page.get_by_role("dialog", name="Stop password_reset")
    dialog.get_by_label("Why?").fill("it is sent twice")
    dialog.get_by_role("button", name="Stop it").click()
    expect(dialog.get_by_role("link", name="Started: see the run")).to_be_visible()
    (run,) = dags.scalars(select(DagRun).where(DagRun.dag_id == STOP_EVENT_TYPE.name))
    assert run.conf == {"event_type": "password_reset", "action": "stop", "reason": "it is sent twice"}


def test_reports_are_about_a_period_and_come_as_a_file(visitor: PageVisitor) -> None:
    visitor.open("/reports")
    expect(visitor.row(re.compile(r"\d\d\.\d\d %")).first).to_be_visible()
    visitor.picture("page_report", 560)
    visitor.page.get_by_role("button", name="History").click()
    expect(visitor.row("no_such_type")).to_contain_text("1")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="CSV").click()
    assert "no_such_type" in download.value.path().read_text()


def test_indicators_stand_beside_their_thresholds(visitor: PageVisitor, control: psycopg.Connection) -> None:
    control.execute(LOOKED, [ACCOUNT])
    control.execute("select message_center.judge_indicators(now())")
    visitor.open(f"/instances/{ACCOUNT}")
    expect(visitor.row("Error rate")).to_contain_text(re.compile("50 %.*1 %.*5 %"))
    expect(visitor.page.get_by_text("Error rate, 50 %")).to_be_visible()
    visitor.page.get_by_role("button", name="Set the threshold: Error rate").click()
    dialog = visitor.page.get_by_role("dialog", name="Threshold: Error rate")
    dialog.get_by_label("Alert from").fill("60")
    dialog.get_by_label("Why?").fill("A bad list, known")
    dialog.get_by_role("button", name="Set").click()
    expect(visitor.row("Error rate")).to_contain_text(re.compile("50 %.*1 %.*60 %"))
    visitor.picture("page_instance", 1150)


def test_the_page_names_dags_that_there_are() -> None:
    named = re.findall(r'"(\w+)"|^  (\w+):', (STATIC_FOLDER / "kit" / "dags.js").read_text(), re.MULTILINE)
    names = {each for pair in named for each in pair if len(each) > len("delivery")} | {ARCHIVING.name}
    assert names <= {each.name for each in vars(workflows).values() if isinstance(each, Workflow)}
    assert {PUBLISH.name, UNPUBLISH.name, ROLL_BACK.name, STOP_EVENT_TYPE.name} <= names


def test_a_webhook_is_seen_enabled_again_and_told_again(
    visitor: PageVisitor, execution: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry([Account(ACCOUNT, webhooks=("erp",))])
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
    known(execution, webhook(Receiver("https://erp.example/status"), statuses="Sent"))
    execution.execute("update message_center.webhook set disabled_at = now(), disabled_reason = 'no answer for days'")
    visitor.open(f"/instances/{ACCOUNT}")
    row = visitor.page.get_by_role("region", name="Webhooks").get_by_role("row").filter(has_text="erp.example")
    expect(row).to_contain_text("no answer for days")

    row.get_by_role("button", name="Enable again").click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label("Why?").fill("the receiver is mended")
    dialog.get_by_role("button", name="Enable again").click()
    expect(dialog).to_contain_text("It goes on from where it stood.")
    visitor.close(dialog)
    expect(row).to_contain_text("in order")

    row.get_by_role("button", name="Tell again").click()
    dialog.get_by_label("Since").fill("2026-11-29T08:00")
    dialog.get_by_label("Why?").fill("it was restored")
    dialog.get_by_role("button", name="Tell again").click()
    visitor.close(dialog)
    expect(row).to_contain_text("is told again")


def test_who_may_enter_and_what_became_of_files_is_seen(
    visitor: PageVisitor, execution: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry([Account(ACCOUNT, import_path="file:///srv/events")])
    monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())
    add_caller(execution, "erp", event_types=["order_confirmation"])
    execution.execute(
        "insert into message_center.imported_file (file, records, accepted, rejected, finished_at)"
        " values ('file:///srv/events/orders.csv', 3, 2, 1, now()), ('file:///srv/events/late.csv', 9, 9, 0, null)"
    )
    visitor.open(f"/instances/{ACCOUNT}")
    callers = visitor.page.get_by_role("region", name="Callers")
    expect(callers.get_by_role("row").filter(has_text="erp")).to_contain_text("may enter")
    expect(callers.get_by_role("row").filter(has_text="order_confirmation")).to_contain_text("not among these")
    expect(callers.get_by_role("row").filter(has_text="no caller")).to_contain_text("by SQL, or in files")
    expect(callers.get_by_role("link", name="let in or shut out")).to_have_attribute(
        "href", re.compile("manageCallers")
    )
    files = visitor.page.get_by_role("region", name="Files")
    expect(files).to_contain_text("looks into file:///srv/events")
    expect(files.get_by_role("row").filter(has_text="late.csv")).to_contain_text("is open")
    expect(files.get_by_role("row").filter(has_text="orders.csv")).to_contain_text(
        re.compile(r"done/\d+T\d+\.\d+Z-orders\.csv\.rejected\.ndjson")
    )
    visitor.picture("page_callers", 1100, callers)
    visitor.picture("page_files", 1100, files)
