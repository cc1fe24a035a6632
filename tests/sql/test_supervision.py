"""People are told when something changes: once, together, by severity, by day and by night."""

from __future__ import annotations

import json
import threading
from datetime import datetime, time, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from airflow.sdk import BaseNotifier
from airflow.triggers.base import TaskFailedEvent, TaskSuccessEvent

from message_center.accounts.account import Account
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.instances.heartbeats import record_run
from message_center.metadata.paused import Pause
from message_center.supervision.errors import NotToldError
from message_center.supervision.looks import Look, look_at_all, paused_measures
from message_center.supervision.names import NAMES
from message_center.supervision.operator import SupervisionTrigger
from message_center.supervision.settings import (
    Night,
    Notifier,
    SettingError,
    configured_night,
    configured_notifiers,
)
from message_center.supervision.supervise import Supervision
from message_center.workflows import (
    ARCHIVING,
    PUBLISH,
    PURGE,
    QUEUE_WORKFLOWS,
    RT_EVENTS_PROCESSING,
    UPDATE_EVENT_STATUS,
)
from support.connections import as_airflow_sees
from support.events import deploy_template, event, push, route
from support.ports import free_port
from support.smtp import smtp_server

Connection = psycopg.Connection[Any]

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
TOLD: list[tuple[str, str, str]] = []


class Recorder(BaseNotifier):
    """Keeps what it is told; fails as long as it is asked to."""

    template_fields = ("title",)
    failing = False

    def __init__(self, name: str = "ops", title: str = "{{ alert.subject }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.name, self.title = name, title

    def notify(self, context: Any) -> None:
        if Recorder.failing:
            raise RuntimeError("the chat is away")
        TOLD.append((self.name, self.title, context["alert"].text))


def notifier(name: str = "ops", least: str = "warning") -> Notifier:
    return Notifier(name, f"{__name__}.Recorder", least, {"name": name})


def seen(account: str = "mcTest", subject: str = "all", error: str | None = None, **measures: float | None) -> Look:
    """What a look at an instance has seen."""
    each = [{"subject": subject, "indicator": name, "value": value} for name, value in measures.items()]
    return Look(account, error, each)


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    TOLD.clear()
    Recorder.failing = False


async def tell(control: Connection, *looks: Look, now: datetime = NOON, **who: Any) -> list[str]:
    """Let one supervision happen; return the text of what is told."""
    before = len(TOLD)
    supervision = Supervision(who.get("notifiers", (notifier(),)), who.get("night"))
    async with await psycopg.AsyncConnection.connect(control.info.dsn, autocommit=True) as connection:
        await supervision.tell(connection, looks, now)
    return [text for _, _, text in TOLD[before:]]


class TestChanges:
    async def test_are_told_once(self, control: Connection) -> None:
        assert await tell(control, seen(pending=3)) == []
        assert await tell(control, seen(pending=523)) == ["ALERT  mcTest: events pending 523, alert from 400"]
        assert await tell(control, seen(pending=600)) == []
        assert await tell(control, seen(pending=5)) == ["OK  mcTest: events pending 5, no alert any more"]
        assert await tell(control, seen(pending=5)) == []

    async def test_a_level_that_hovers_is_told_once(self, control: Connection) -> None:
        told = [await tell(control, seen(pending=value)) for value in (99, 101, 99, 101, 91, 399, 90, 89)]
        assert [len(each) for each in told] == [0, 1, 0, 0, 0, 0, 0, 1]

    async def test_lower_is_worse_where_it_is(self, control: Connection) -> None:
        told = [
            await tell(control, seen(outgoing_per_hour=value)) for value in (20_000, 17_000, 19_000, 14_000, 21_000)
        ]
        assert [each[0].split()[0] if each else "" for each in told] == ["", "WARNING", "", "ALERT", "OK"]

    async def test_what_cannot_be_measured_is_nothing_to_complain_of(self, control: Connection) -> None:
        await tell(control, seen(outgoing_per_hour=100))
        assert await tell(control, seen(outgoing_per_hour=None)) == [
            "OK  mcTest: messages sent an hour nothing, no alert any more"
        ]

    async def test_that_belong_together_are_one_message(self, control: Connection) -> None:
        (told,) = await tell(
            control, seen("shop", pending=500, queue_seconds=5), seen("bank", error_rate=2), seen("fine", pending=1)
        )
        assert told.splitlines() == [
            "ALERT  shop: events pending 500, alert from 400",
            "WARNING  bank: error rate 2 %, warning from 1 %",
            "WARNING  shop: mean time in the queue 5 s, warning from 4 s",
        ]
        assert TOLD[-1][1] == "Message Center: 1 alert, 2 warnings (bank, shop)", "fields are templates"

    async def test_a_queue_alone_is_not_judged(self, control: Connection) -> None:
        assert await tell(control, seen(subject="batch", pending=5000)) == []

    async def test_an_accounts_threshold_comes_before_that_of_all(self, control: Connection) -> None:
        control.execute("insert into message_center.threshold values ('pending', 'bulk', 1000, 5000)")
        (told,) = await tell(control, seen("bulk", pending=900), seen("shop", pending=900))
        assert told == "ALERT  shop: events pending 900, alert from 400"
        control.execute("update message_center.threshold set warning = null, alert = null where account = 'bulk'")
        assert await tell(control, seen("bulk", pending=90_000), seen("shop", pending=900)) == []

    async def test_an_account_that_is_gone_is_forgotten(self, control: Connection) -> None:
        await tell(control, seen("shop", pending=500), seen("bank", pending=1))
        assert await tell(control, seen("bank", pending=1)) == []
        assert control.execute("select distinct account from message_center.indicator_status").fetchall() == [("bank",)]


class TestPaused:
    async def test_is_told_as_what_it_is_with_who_and_since_when(self, control: Connection) -> None:
        pauses = {"rtEventsProcessing_mcTest": Pause("ann", "2026-11-29T07:00:12+00:00"), "mcSynch_mcTest": Pause()}
        workflows = {RT_EVENTS_PROCESSING, ARCHIVING, UPDATE_EVENT_STATUS}
        paused = Look("mcTest", measures=paused_measures("mcTest", workflows, pauses))
        (told,) = await tell(control, paused)
        assert told.splitlines() == [
            "WARNING  mcTest mcSynch: paused",
            "WARNING  mcTest rtEventsProcessing: paused (by ann since 2026-11-29 07:00 UTC)",
        ]
        assert await tell(control, paused) == []
        (told,) = await tell(control, Look("mcTest", measures=paused_measures("mcTest", workflows, {})))
        assert told.splitlines()[1] == "OK  mcTest rtEventsProcessing: no more: paused"

    async def test_is_not_silent(self, execution: Connection, control: Connection, airflow_connections: None) -> None:
        execution.execute("update message_center.instance set registered_at = registered_at - interval '1 hour'")
        accounts = [Account("mctest", deliver=False)]
        (look,) = await look_at_all(accounts, pauses={"rtEventsProcessing_mctest": Pause()})
        silent = {each["subject"] for each in look.measures if each["indicator"] == "heartbeat_seconds"}
        assert silent == {"batchEventsProcessing", "updateEventStatus"}


class TestUnreachable:
    async def test_is_an_alert_and_nothing_else_of_it_changes(self, control: Connection) -> None:
        await tell(control, seen(pending=500))
        assert await tell(control, seen(error="connection refused")) == [
            "ALERT  mcTest: instance not reached (connection refused)"
        ]
        assert await tell(control, seen(error="connection refused")) == []
        (told,) = await tell(control, seen(pending=1))
        assert told.splitlines() == [
            "OK  mcTest: events pending 1, no alert any more",
            "OK  mcTest: no more: instance not reached",
        ]

    async def test_one_without_our_schema_is_not_ready_and_none_complains(
        self, execution: Connection, control: Connection, airflow_connections: None, new_database: Any, monkeypatch: Any
    ) -> None:
        assert await tell(control, seen("fresh", pending=500))
        with psycopg.connect(new_database(""), autocommit=True) as empty:
            monkeypatch.setenv("AIRFLOW_CONN_FRESH", as_airflow_sees(empty, "message_center_execution"))
            (look,) = await look_at_all([Account("fresh")])
            assert (look.is_ready, look.error) == (False, None)
            assert await tell(control, look) == []
            assert len(await tell(empty, seen("fresh", pending=500))) == 0, "nor does control complain of itself"
        level = control.execute("select level::text from message_center.indicator_status where indicator = 'pending'")
        assert level.fetchall() == [("alert",)], "what was seen before stays"

    async def test_holds_up_no_other(self, execution: Connection, airflow_connections: None, monkeypatch: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_AWAY", f"postgres://nobody@127.0.0.1:{free_port()}/nothing")
        away, here = await look_at_all([Account("away"), Account("mctest")])
        assert "refused" in str(away.error)
        assert here.error is None
        assert here.measures


class TestTheNight:
    NIGHT = Night(time(22), time(7), ZoneInfo("Europe/Paris"))

    async def test_warnings_wait_for_the_morning(self, control: Connection) -> None:
        late, morning = (datetime(2026, 11, 28 + day, hour, tzinfo=timezone.utc) for day, hour in ((0, 23), (1, 6)))
        assert await tell(control, seen(pending=150), now=late, night=self.NIGHT) == []
        assert len(await tell(control, seen(pending=150, error_rate=7), now=late + MINUTE, night=self.NIGHT)) == 1
        assert (
            "no alert any more" in (await tell(control, seen(pending=150, error_rate=0), now=late, night=self.NIGHT))[0]
        )
        (told,) = await tell(control, seen(pending=160, error_rate=0), now=morning, night=self.NIGHT)
        assert told == "WARNING  mcTest: events pending 160, warning from 100"

    async def test_what_passed_by_morning_is_not_told(self, control: Connection) -> None:
        await tell(control, seen(pending=150), now=NOON.replace(hour=23), night=self.NIGHT)
        assert await tell(control, seen(pending=1), now=NOON, night=self.NIGHT) == []

    @pytest.mark.parametrize(("hour", "is_night"), [(20, False), (21, True), (0, True), (5, True), (6, False)])
    def test_is_over_midnight_in_its_zone(self, hour: int, is_night: bool) -> None:
        assert self.NIGHT.covers(NOON.replace(hour=hour)) is is_night


class TestNotifiers:
    async def test_are_told_by_severity(self, control: Connection) -> None:
        both = (notifier("chat"), notifier("pager", "alert"))
        for value in (150, 500, 150, 1):
            await tell(control, seen(pending=value), notifiers=both)
        assert [name for name, _, _ in TOLD] == ["chat", "chat", "pager", "chat", "pager", "chat"]

    async def test_one_that_failed_is_told_again_and_the_others_are_not(self, control: Connection) -> None:
        bad = Notifier("bad", f"{__name__}.Recorder", "warning", {"nonsense": 1})
        with pytest.raises(NotToldError, match="bad"):
            await tell(control, seen(pending=500), notifiers=(bad, notifier()))
        assert [name for name, _, _ in TOLD] == ["ops"]
        Recorder.failing = True
        with pytest.raises(NotToldError, match="the chat is away"):
            await tell(control, seen(pending=1))
        Recorder.failing = False
        assert await tell(control, seen(pending=1)) == ["OK  mcTest: events pending 1, no alert any more"]

    async def test_smtp(self, control: Connection, monkeypatch: Any) -> None:
        with smtp_server() as sink:
            monkeypatch.setenv("AIRFLOW_CONN_ALERTS", sink.connection)
            arguments = {
                "smtp_conn_id": "alerts",
                "from_email": "airflow@shop.example",
                "to": "ops@shop.example",
                "subject": "{{ alert.subject }}",
                "html_content": "{{ alert.html }}",
            }
            mail = Notifier("mail", "airflow.providers.smtp.notifications.smtp.SmtpNotifier", "warning", arguments)
            await tell(control, seen("shop", pending=500), notifiers=(mail,))
        (source,) = sink.sources
        assert b"Subject: Message Center: 1 alert (shop)" in source
        assert [recipient for _, recipient in sink.received] == ["ops@shop.example"]

    async def test_a_webhook(self, control: Connection, monkeypatch: Any) -> None:
        received: list[tuple[str | None, dict[str, Any]]] = []

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.headers["Authorization"], json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), Hook) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            connection = {
                "conn_type": "http",
                "host": f"http://127.0.0.1:{server.server_port}/hook",
                "password": "s3cret",
            }
            monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(connection))
            path = "message_center.supervision.webhook.WebhookNotifier"
            await tell(
                control, seen(pending=500), notifiers=(Notifier("hook", path, "warning", {"http_conn_id": "chat"}),)
            )
            server.shutdown()
            thread.join()
        ((authorization, body),) = received
        assert authorization == "Bearer s3cret"
        assert (body["severity"], body["changes"][0]["indicator"], body["changes"][0]["value"]) == (
            "alert",
            "pending",
            500,
        )


class TestWhatControlKnows:
    async def test_an_archive_that_is_behind(self, control: Connection) -> None:
        control.execute(
            "insert into message_center.execution_instance (account, instance_identifier, database_identity)"
            " values ('mcTest', 1, 'x')"
        )
        now = datetime.now(timezone.utc)
        assert await tell(control, seen(), now=now) == []
        (told,) = await tell(control, seen(), now=now + timedelta(hours=2))
        assert told.startswith("WARNING  mcTest mcSynch: time since the last archiving 7,2")
        record_run(control, ARCHIVING.name, "mcTest", "success")
        assert len(await tell(control, seen(), now=now)) == 1

    async def test_a_purge_or_a_publication_that_failed_until_the_next_begins(self, control: Connection) -> None:
        record_run(control, PURGE.name, "mcTest", "start")
        record_run(control, PURGE.name, "mcTest", "error", error="disk full")
        record_run(control, PUBLISH.name, "", "error", error="refused")
        (told,) = await tell(control, seen())
        assert told.splitlines() == [
            "WARNING  publishMessageTemplates: last run failed",
            "WARNING  mcTest purge: last run failed",
        ]
        record_run(control, PURGE.name, "mcTest", "start")
        assert await tell(control, seen()) == ["OK  mcTest purge: no more: last run failed"]


class TestALook:
    async def test_sees_peaks_and_workflows_that_are_silent(
        self, execution: Connection, control: Connection, airflow_connections: None
    ) -> None:
        deploy_template(execution)
        push(execution, *[event()] * 450)
        route(execution)
        execution.execute("update message_center.instance set registered_at = registered_at - interval '1 hour'")
        await Supervision((notifier(),)).run([Account("mctest", deliver=False)], datetime.now(timezone.utc))
        ((_, _, told),) = TOLD
        assert "mctest: most events pending 450, alert from 400" in told
        for workflow in QUEUE_WORKFLOWS:
            assert f"mctest {workflow.name}: silence of the workflow" in told

    async def test_sees_webhooks_that_fail_or_are_disabled(
        self, execution: Connection, control: Connection, airflow_connections: None
    ) -> None:
        execution.execute(
            "insert into message_center.webhook (name, origin, failing_since, disabled_at, removed_at) values"
            " ('ok', 'https://a.example', null, null, null),"
            " ('erp', 'https://b.example', now() - interval '1 hour', null, null),"
            " ('crm', 'https://c.example', now() - interval '6 days', now(), null),"
            " ('gone', 'https://d.example', now() - interval '6 days', now(), now())"
        )
        execution.execute("update message_center.instance set registered_at = registered_at - interval '1 hour'")
        told_of = Account("mctest", deliver=False, webhooks=("ok", "erp", "crm"))
        await Supervision((notifier(),)).run([told_of], datetime.now(timezone.utc))
        ((_, _, told),) = TOLD
        assert "mctest crm: webhook disabled" in told
        assert "mctest erp: time for which a webhook has failed 3,600 s, warning from 600 s" in told
        assert "mctest deliverWebhooks: silence of the workflow" in told
        assert "mctest ok" not in told
        assert "mctest gone" not in told

    async def test_before_there_is_an_account_there_is_nothing_to_complain_of(self) -> None:
        nothing = {"instances": 0, "not_reached": 0, "changes_told": 0}
        assert await Supervision().run([], datetime.now(timezone.utc)) == nothing

    async def test_all_indicators_have_a_name_and_are_found_on_control(
        self, execution: Connection, control: Connection, airflow_connections: None
    ) -> None:
        await Supervision().run([Account("mctest")], datetime.now(timezone.utc))
        found = control.execute("select distinct indicator from message_center.indicators()").fetchall()
        assert {name for (name,) in found} <= NAMES.keys()
        judged = control.execute("select indicator from message_center.threshold").fetchall()
        assert {name for (name,) in judged} <= NAMES.keys()


def test_settings_are_read(monkeypatch: Any) -> None:
    def setting(option: str, value: str) -> None:
        monkeypatch.setenv(f"AIRFLOW__MESSAGE_CENTER__{option.upper()}", value)

    assert (configured_notifiers(), configured_night()) == ([], None)
    setting("alert_notifiers", json.dumps([{"notifier": "a.B", "from": "alert", "arguments": {"to": "x"}}]))
    setting("alert_night", "22:00-07:00 Europe/Paris")
    assert configured_notifiers() == [Notifier("a.B", "a.B", "alert", {"to": "x"})]
    assert configured_night() == TestTheNight.NIGHT
    bad_entries = ('"a.B"', '{"notifier": 1}', '{"notifier": "a.B", "form": 1}', '{"notifier": "a.B", "from": "ok"}')
    for bad in ("{", "{}", *(f"[{entry}]" for entry in bad_entries), '[{"notifier": "a.B"}, {"notifier": "a.B"}]'):
        setting("alert_notifiers", bad)
        with pytest.raises(SettingError, match="alert_notifiers"):
            configured_notifiers()
    for bad in ("22-7", "25:00-07:00", "22:00-07:00 Mars/Olympus"):
        setting("alert_night", bad)
        with pytest.raises(SettingError, match="alert_night"):
            configured_night()


class TestTheTrigger:
    """As Airflow's triggerer runs it, from the settings to what ends the task."""

    @pytest.fixture(autouse=True)
    def registry(self, airflow_connections: None, monkeypatch: pytest.MonkeyPatch) -> None:
        registry = Registry([Account("mctest", deliver=False), Account("off", enabled=False)])
        monkeypatch.setenv(f"AIRFLOW_VAR_{REGISTRY_VARIABLE.upper()}", registry.to_json())

    async def event(self) -> Any:
        class_path, arguments = SupervisionTrigger().serialize()
        assert class_path == "message_center.supervision.operator.SupervisionTrigger"
        (fired,) = [fired async for fired in SupervisionTrigger(**arguments).run()]
        return fired

    async def test_says_what_it_told_and_nothing_where_nothing_changed(
        self, execution: Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notifiers = [{"notifier": f"{__name__}.Recorder", "from": "alert"}]
        monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__ALERT_NOTIFIERS", json.dumps(notifiers))
        execution.execute("update message_center.instance set registered_at = registered_at - interval '1 hour'")
        fired = await self.event()
        assert isinstance(fired, TaskSuccessEvent)
        counts = {"instances": 1, "not_reached": 0, "changes_told": len(QUEUE_WORKFLOWS)}
        assert fired.xcoms == {"return_value": counts}
        assert (await self.event()).xcoms is None

    async def test_is_red_where_people_cannot_be_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW__MESSAGE_CENTER__ALERT_NOTIFIERS", "ops@shop.example")
        fired = await self.event()
        assert isinstance(fired, TaskFailedEvent)
        assert "alert_notifiers: it is no JSON" in str(fired.xcoms)
