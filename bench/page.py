"""How long the page's list of instances takes, by their number, while one account more does not answer."""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from fastapi.testclient import TestClient

from bench.curve import Chart, Curve, Growth
from bench.data import templates
from bench.harness import Connection, Server
from bench.sizes import Sizes
from message_center.accounts.account import EXECUTION_CONNECTION_TYPE, Account
from message_center.page.overview import workflows_of
from message_center.page.plugin import URL_PREFIX
from message_center.page.sessions import forget
from support.airflow_app import airflow_app, signed_in
from support.metadata import add_dag_ids, metadata_database
from support.shop import known_to_airflow

SILENT = "mcSilent"
LOOKS = 9
PATH = f"{URL_PREFIX}/api/instances"
MEASURES = [
    {"subject": subject, "indicator": name, "value": 3}
    for subject in ("rt", "batch", "all")
    for name in ("pending", "oldest_pending_seconds", "error_rate", "queue_seconds")
]

A_DAY = """
    insert into message_center.statistic (id, minute, queue, events_in, routed, sent, queue_ms, queue_times,
        sending_ms, sending_times, processing_ms, processing_times, pending_most, pending_least, pending_sum, samples)
    select message_center.statistic_id(m, q), m, q, 600, 600, 590, 5000, h, 120000, h, 130000, h, 40, 0, 90, 12
    from generate_series(date_trunc('minute', now()) - interval '1 day', now(), '1 minute') as m,
        unnest(enum_range(null::message_center.event_queue)) as q,
        jsonb_build_object('70', 100, '75', 300, '80', 150, '90', 40, '100', 10) as h
"""
AT_WORK = """
    insert into message_center.workflow_heartbeat (workflow, heartbeat_at, window_end)
    select w, clock_timestamp(), clock_timestamp() + interval '1 day'
    from unnest(array['rtEventsProcessing', 'batchEventsProcessing', 'updateEventStatus', 'deliveryExecution']) as w
"""
REGISTERED = """
    insert into message_center.execution_instance (account, instance_identifier, database_identity)
    select account, row_number() over (order by account), account from unnest(%s::text[]) as account
"""
LOOKED_AT = """
    with seen as (
        insert into message_center.look (account, looked_at, reached_at, measures)
        select i.account, now(), now(), %s::jsonb
        from message_center.execution_instance as i
        returning account
    )
    insert into message_center.workflow_heartbeat (workflow, account, heartbeat_at, last_success)
    select 'mcSynch', account, now(), now() from seen
"""


def curves(server: Server, sizes: Sizes) -> list[Curve]:
    """Return what is drawn."""
    few, many = sizes.accounts[0], sizes.accounts[-1]
    return [
        Curve(
            title="The page, by the number of instances",
            of="instances",
            sizes=sizes.accounts,
            point=lambda instances: looks(server, instances),
            charts=(
                Chart("page", "The list of instances", "ms", ("first look", "next looks")),
                Chart("page_answers", "Instances that have answered in it themselves", "%", ("at first", "next")),
            ),
            growth=(Growth(f"the page's list, {few:,} instance / {many:,} instances", "next looks", is_time=True),),
            repetitions=sizes.curve_repetitions,
            notes=(
                "Through Airflow's own API server, in the process of the measurement, as somebody signed in. Each "
                "instance is a database of its own, with a day's statistics, all on the one server; one account more "
                "has a server that takes connections and never answers. First look: no session is open yet. Next "
                f"looks: the median of {LOOKS - 1}.",
            ),
        )
    ]


def declare(server: Server) -> None:
    """Tell the server the data of an instance at work, and none for Airflow."""
    server.kind("at_work", "execution", at_work)


def at_work(connection: Connection, rows: int) -> None:
    """An instance with templates, a day's statistics, and workflows at work."""
    templates(connection)
    connection.execute(A_DAY)
    connection.execute(AT_WORK)


def looks(server: Server, instances: int) -> dict[str, float]:
    """Look at so many instances, in a new session each, and then again and again."""
    with ExitStack() as stack:
        viewer = stack.enter_context(page(server, instances))
        forget()
        times, answers = zip(*[look(viewer, instances) for _ in range(LOOKS)], strict=True)
    forget()
    return {
        "first look": times[0],
        "next looks": statistics.median(times[1:]),
        "at first": answers[0],
        "next": statistics.median(answers[1:]),
    }


def look(viewer: TestClient, instances: int) -> tuple[float, float]:
    """Return how long the list took, in ms, and what share of the instances was in it, in percent."""
    begun = time.perf_counter()
    answer = viewer.get(PATH)
    taken = 1000 * (time.perf_counter() - begun)
    rows = answer.json()["instances"]
    assert sum("queues" in row for row in rows) == instances, answer.text
    return taken, 100 * sum(row["silence"] is None for row in rows) / instances


@contextmanager
def page(server: Server, instances: int) -> Iterator[TestClient]:
    """Somebody who looks at the page of an Airflow with so many instances, and one that is silent."""
    with ExitStack() as stack:
        databases = {
            f"mcBench{n}": stack.enter_context(psycopg.connect(stack.enter_context(server.fresh("at_work"))))
            for n in range(instances)
        }
        control = stack.enter_context(psycopg.connect(stack.enter_context(server.fresh("no_archive")), autocommit=True))
        control.execute(REGISTERED, [list(databases)])
        control.execute(LOOKED_AT, [json.dumps(MEASURES)])
        metadata = stack.enter_context(metadata_database(stack.enter_context(server.fresh("empty"))))
        stack.enter_context(known_to_airflow(control, **databases, **{SILENT: None}))
        stack.enter_context(silent_server())
        add_dag_ids(
            metadata,
            [workflow.dag_id(name) for name in (*databases, SILENT) for workflow in workflows_of(Account(name))],
        )
        metadata.commit()
        yield signed_in(stack.enter_context(airflow_app(metadata)), "viewer")


@contextmanager
def silent_server() -> Iterator[None]:
    """Let the account's server be one that takes a connection and never answers: it is away, and nothing says so."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        address = {"host": "127.0.0.1", "port": server.getsockname()[1], "schema": "gone"}
        patch.setenv(f"AIRFLOW_CONN_{SILENT.upper()}", json.dumps({"conn_type": EXECUTION_CONNECTION_TYPE, **address}))
        yield
