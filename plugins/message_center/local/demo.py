"""The demo: the sample events go through the whole system, and every one is accounted for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

import psycopg
from rich.console import Console
from rich.live import Live

from message_center.local import files, receiver, webhooks
from message_center.local.airflow_api import AirflowApi
from message_center.local.diagnosis import diagnosis
from message_center.local.doors import Doors
from message_center.local.paths import CONTROL_DATABASE, DEMO_ACCOUNTS, StackError
from message_center.local.samples import Sample, samples
from message_center.local.settings import intake_url
from message_center.local.sink import messages
from message_center.local.stack import Stack
from message_center.local.tally import Tally, account_for, progress, told_in_words
from message_center.publication.preflight import are_live
from message_center.sql import statement
from message_center.workflows import ARCHIVING, DELIVER_WEBHOOKS, IMPORT_EVENTS, PUBLISH, STARTED_BY_THE_USER

STARTED = (*STARTED_BY_THE_USER, DELIVER_WEBHOOKS)
PUSHED_AT_ONCE = 40
WAIT = 180
Connection = psycopg.Connection[tuple[Any, ...]]


def run(stack: Stack, console: Console) -> bool:
    """
    Run the demo on a started stack.

    :return: whether every event reached the status it should have, and is archived.
    :raises StackError: if a workflow does not come up; names it and its log.
    """
    with ExitStack() as resources:
        return Demo(stack, console, resources).run()


def is_registered(connection: Connection) -> bool:
    try:
        row = connection.execute(statement("local/registered")).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return bool(row and row[0])


class Demo:
    """One run, with its own external ids."""

    def __init__(self, stack: Stack, console: Console, resources: ExitStack) -> None:
        self.stack, self.console = stack, console
        self.now = datetime.now(timezone.utc)
        name = f"demo{self.now:%m%d%H%M%S}"
        self.airflow: AirflowApi = resources.enter_context(stack.airflow())
        self.connections = {
            database: resources.enter_context(self._connect(database))
            for database in (CONTROL_DATABASE, *DEMO_ACCOUNTS)
        }
        made = list(samples(name, self.now))
        self.tallies = [
            Tally(account, name, [sample for sample in made if sample.account == account]) for account in DEMO_ACCOUNTS
        ]

    def _connect(self, database: str) -> Connection:
        return psycopg.connect(self.stack.paths.uri(database, self.stack.ports), autocommit=True)

    def run(self) -> bool:
        self._add_webhooks()
        for tally in self.tallies:
            self._prepare(tally.account, tally.samples)
        self._publish()
        total = sum(len(tally.samples) for tally in self.tallies)
        self.console.print(f"· Pushing {total:,} sample events, some in files and through each door …")
        for tally in self.tallies:
            self._push(tally)
        self._watch()
        self._archive()
        self._read_sink()
        self._until(self._read_told, *map(DELIVER_WEBHOOKS.dag_id, DEMO_ACCOUNTS))
        return self._report()

    def _add_webhooks(self) -> None:
        names = ", ".join(map(webhooks.name_of, DEMO_ACCOUNTS))
        self.console.print(f"· Adding a webhook for each account, by an Airflow connection: {names} …")
        for account in DEMO_ACCOUNTS:
            webhooks.add(self.airflow, account, self.stack.paths, self.stack.ports)
        self.recorded_before = len(receiver.recorded(self.stack.paths.webhook_messages))

    def _prepare(self, account: str, chosen: Sequence[Sample]) -> None:
        """Wait for the registration, then start the workflows."""
        self.console.print(f"· {account}: waiting for its archiving workflow to register it …")
        connection = self.connections[account]
        self._until(lambda: is_registered(connection), ARCHIVING.dag_id(account))
        for sample in chosen:
            if sample.in_quarantine:
                connection.execute(statement("local/quarantine_address"), [sample.event["email"]])
        for workflow in STARTED:
            dag_id = workflow.dag_id(account)
            self._until(lambda: self.airflow.has_dag(dag_id), dag_id)  # noqa: B023 - called at once
            self.airflow.pause(dag_id, False)
        self.console.print(f"· {account}: registered; {', '.join(workflow.name for workflow in STARTED)} started")

    def _publish(self) -> None:
        """Publish the templates, as soon as the workflows are in their windows: before, it would be refused."""
        self.console.print("· Waiting for the first windows …")
        for tally in self.tallies:
            dag_ids = [workflow.dag_id(tally.account) for workflow in STARTED]
            self._until(lambda: self._are_live(tally.account), *dag_ids)  # noqa: B023 - called at once
        self.console.print("· Publishing the message templates …")
        run_id = self.airflow.trigger(PUBLISH.name, comment="The sample templates")
        self._until(lambda: self._has_succeeded(PUBLISH.name, run_id), PUBLISH.name)

    def _are_live(self, account: str) -> bool:
        connection = self.connections[account]
        return are_live(connection, STARTED) and webhooks.is_told(connection, account)

    def _push(self, tally: Tally) -> None:
        """Push the samples of an account: some in a file, some through each door."""
        filed = [sample for sample in tally.samples if sample.queue == files.QUEUE][:PUSHED_AT_ONCE]
        folder = self.stack.paths.imports(tally.account)
        if not files.takes_files(self.airflow, tally.account, folder):
            self._push_by_doors(tally, tally.samples)
            return
        dag_id, sent = IMPORT_EVENTS.dag_id(tally.account), files.SentFile(folder, tally.run, filed)
        self._until(lambda: self.airflow.has_dag(dag_id), dag_id)
        sent.write()
        run_id = sent.take_in(self.airflow, tally.account)
        self._push_by_doors(tally, [sample for sample in tally.samples if sample not in filed])
        self._until(lambda: self._has_succeeded(dag_id, run_id), dag_id)
        for answer in sent.answers(self.connections[tally.account]):
            tally.pushed(*answer)

    def _push_by_doors(self, tally: Tally, chosen_samples: Sequence[Sample]) -> None:
        doors = Doors(intake_url(self.stack.ports), self.connections[tally.account])
        self._until(doors.are_open, ARCHIVING.dag_id(tally.account))
        by_queue = sorted(chosen_samples, key=lambda sample: sample.queue)
        for queue, group in groupby(by_queue, key=lambda sample: sample.queue):
            chosen = list(group)
            for start in range(0, len(chosen), PUSHED_AT_ONCE):
                for sample, event_id, reason in doors.push(queue, chosen[start : start + PUSHED_AT_ONCE]):
                    tally.pushed(sample, event_id, reason)

    def _watch(self) -> None:
        """Show where the events are until all are final."""

        def is_final() -> bool:
            for tally in self.tallies:
                tally.read_queue(self.connections[tally.account])
            live.update(progress(self.tallies))
            return all(tally.is_final() for tally in self.tallies)

        with Live(progress(self.tallies), console=self.console, refresh_per_second=4) as live:
            self._until(
                is_final, *(each.dag_id(tally.account) for tally in self.tallies for each in STARTED_BY_THE_USER)
            )
        if not self.console.is_terminal:
            self.console.print()  # Live ends its last line on a terminal only

    def _archive(self) -> None:
        self.console.print("· Archiving …")
        runs = {dag_id: self.airflow.trigger(dag_id) for dag_id in map(ARCHIVING.dag_id, DEMO_ACCOUNTS)}
        for dag_id, run_id in runs.items():
            self._until(lambda: self._has_succeeded(dag_id, run_id), dag_id)  # noqa: B023 - called at once
        for tally in self.tallies:
            tally.read_archive(self.connections[CONTROL_DATABASE])

    def _has_succeeded(self, dag_id: str, run_id: str) -> bool:
        state = self.airflow.run(dag_id, run_id)["state"]
        if state == "failed":
            raise StackError(f"{dag_id} failed.\n{self._diagnosis(dag_id)}")
        return bool(state == "success")

    def _read_sink(self) -> None:
        """Count the messages of each event by their Message-ID, ``<event id@domain>``."""
        self.received = messages(self.stack.paths.messages)
        for message in self.received:
            event = message["message_id"].strip("<>").partition("@")[0]
            for tally in self.tallies:
                if event.isdecimal() and int(event) in tally.expected:
                    tally.received[int(event)] += 1

    def _read_told(self) -> bool:
        """Read what the webhooks were told since this run began; whether that is all."""
        recorded = receiver.recorded(self.stack.paths.webhook_messages)[self.recorded_before :]
        self.refused = sum(receiver.REFUSED in each for each in recorded)
        for tally in self.tallies:
            tally.read_told(recorded)
        return all(tally.is_told() for tally in self.tallies)

    def _report(self) -> bool:
        self.console.print(account_for(self.tallies))
        if self.received:
            first = "\n".join(self.received[-1]["raw"].splitlines()[:24])
            self.console.print(f"One message as the sink received it:\n\n{first}\n", markup=False)
        self.console.print(told_in_words(self.tallies, self.refused))
        told = json.dumps(self.tallies[-1].told[-1])
        self.console.print(f"One message as the webhook's receiver took it:\n\n{told}\n", markup=False)
        wrong = [problem for tally in self.tallies for problem in tally.check()]
        if self.refused:
            wrong.append(f"{self.refused:,} messages to a webhook had no signature that holds")
        for problem in wrong[:20]:
            self.console.print(problem, style="red", markup=False)
        verdict = f"{len(wrong)} things are not as they should be" if wrong else "Every event is where it should be"
        self.console.print(f"{verdict}.", style="bold red" if wrong else "bold green")
        return not wrong

    def _until(self, look: Callable[[], Any], *dag_ids: str, seconds: float = WAIT) -> None:
        end = time.monotonic() + seconds
        while not look():
            self.stack.check()
            if time.monotonic() > end:
                raise StackError(f"Not done after {seconds:.0f} s.\n{self._diagnosis(*dag_ids)}")
            time.sleep(0.5)

    def _diagnosis(self, *dag_ids: str) -> str:
        return diagnosis(self.airflow, self.stack.paths, dag_ids)
