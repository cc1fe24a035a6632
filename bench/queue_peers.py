"""Taking events off a queue and marking them: our window, and job queues of Python on the same PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

import asyncpg
import procrastinate
import psycopg
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.types import QueueExecutionMode
from procrastinate.types import JSONDict
from uvloop import run

from bench.comparison import Comparison, Ratio
from bench.data import ROUTED
from bench.drain import routing_rate
from bench.harness import Connection, Server
from bench.queues import bare_rate
from bench.sizes import Sizes

ENTRYPOINT = "route"
ENQUEUED_AT_ONCE = 1_000

PROCRASTINATE_CONCURRENCY = 30
PGQUEUER_WORKERS = 5
PGQUEUER_BATCH = 500

PROCRASTINATE_TIMES = """
    select count(*) filter (where type = 'succeeded'),
        extract(epoch from max(at) filter (where type = 'succeeded') - min(at) filter (where type = 'started'))::float8
    from procrastinate_events
"""
PGQUEUER_TIMES = """
    select count(*) filter (where status = 'successful'),
        extract(epoch from
            max(created) filter (where status = 'successful') - min(created) filter (where status = 'picked'))::float8
    from pgqueuer_log
"""


def declare(server: Server) -> None:
    """Tell the server the kinds of data that there are: queues of the peers, filled with as many jobs."""
    server.kind("procrastinate", "", lambda connection, rows: run(fill_procrastinate(uri_of(connection), rows)))
    server.kind("pgqueuer", "", lambda connection, rows: run(fill_pgqueuer(uri_of(connection), rows)))


def comparisons(server: Server, sizes: Sizes) -> list[Comparison]:
    """Return what is compared."""

    def ours(rows: int) -> float:
        with server.fresh("backlog", rows) as uri:
            return routing_rate(uri, rows)

    def with_procrastinate(rows: int) -> float:
        with server.fresh("procrastinate", rows) as uri:
            return run(procrastinate_rate(uri, rows))

    def with_pgqueuer(rows: int) -> float:
        with server.fresh("pgqueuer", rows) as uri:
            return run(pgqueuer_rate(uri, rows))

    def bare(rows: int) -> float:
        with server.fresh("backlog", rows) as uri:
            return bare_rate(uri, ROUTED, rows)

    names = "message center, window", "procrastinate", "pgqueuer", "bare UPDATE"
    return [
        Comparison(
            title="Taking events off a queue and marking them",
            unit="events/s",
            amount=sizes.peer_rows,
            sides=dict(zip(names, (ours, with_procrastinate, with_pgqueuer, bare), strict=True)),
            ratios=(
                Ratio("taking events off a queue / procrastinate", names[0], names[1]),
                Ratio("taking events off a queue / pgqueuer", names[0], names[2]),
                Ratio("taking events off a queue / bare UPDATE", names[0], names[3]),
            ),
            warm_up=500,
            notes=notes(names),
        )
    ]


def notes(names: tuple[str, ...]) -> dict[str, str]:
    """Say what each side is, and what it does more or less than ours."""
    return {
        names[0]: "sets of 10,000 in one statement; finds each event's template in the database. Code of the user's "
        "own runs on the second path only (enrichment)",
        names[1]: f"{version('procrastinate')}, psycopg and uvloop, one process, "
        f"concurrency={PROCRASTINATE_CONCURRENCY} as in its documentation, an asynchronous task that does nothing, "
        "finished jobs kept (its default). It calls a Python function for each job, keeps a history of each, and "
        "fetches and finishes them one by one",
        names[2]: f"{version('pgqueuer')}, asyncpg {asyncpg.__version__} and uvloop, as its own benchmark: one "
        f"process, {PGQUEUER_WORKERS} queue managers, batch_size={PGQUEUER_BATCH} (the fastest of 10, 100, 500), mode "
        "drain, durability durable, an asynchronous entrypoint that does nothing. It calls a Python function for each "
        "job, and moves finished jobs into a log table",
    }


def uri_of(connection: Connection) -> str:
    """Return the URI of a connection's database."""
    return f"postgresql:///{connection.info.dbname}?host={connection.info.host}&user={connection.info.user}"


async def fill_procrastinate(uri: str, rows: int) -> None:
    """Defer so many jobs."""
    async with procrastinate_app(uri) as app:
        await app.schema_manager.apply_schema_async()
        for first in range(0, rows, ENQUEUED_AT_ONCE):
            jobs: list[JSONDict] = [{"order": n} for n in range(first, min(first + ENQUEUED_AT_ONCE, rows))]
            await app.tasks[ENTRYPOINT].batch_defer_async(*jobs)


async def procrastinate_rate(uri: str, rows: int) -> float:
    """Let a worker work until nothing is left; jobs per second."""
    async with procrastinate_app(uri) as app:
        await app.run_worker_async(concurrency=PROCRASTINATE_CONCURRENCY, wait=False, install_signal_handlers=False)
    return recorded_rate(uri, PROCRASTINATE_TIMES, rows)


@asynccontextmanager
async def procrastinate_app(uri: str) -> AsyncIterator[procrastinate.App]:
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=uri, min_size=4, max_size=PROCRASTINATE_CONCURRENCY)
    )

    @app.task(name=ENTRYPOINT)
    async def route(order: int) -> None:
        pass

    async with app.open_async():
        yield app


async def fill_pgqueuer(uri: str, rows: int) -> None:
    """Enqueue so many jobs."""
    connection = await asyncpg.connect(uri)
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()
    for first in range(0, rows, ENQUEUED_AT_ONCE):
        jobs: list[bytes | None] = [b"%d" % n for n in range(first, min(first + ENQUEUED_AT_ONCE, rows))]
        await queries.enqueue([ENTRYPOINT] * len(jobs), jobs, [0] * len(jobs))
    await connection.close()


async def pgqueuer_rate(uri: str, rows: int) -> float:
    """Let the queue managers drain the queue; jobs per second."""
    async with AsyncExitStack() as stack:
        managers = []
        for _ in range(PGQUEUER_WORKERS):
            connection = await asyncpg.connect(uri)
            stack.push_async_callback(connection.close)
            managers.append(manager(PgQueuer(AsyncpgDriver(connection))))
        work = [each.run(batch_size=PGQUEUER_BATCH, mode=QueueExecutionMode.drain) for each in managers]
        await asyncio.gather(*work)
    return recorded_rate(uri, PGQUEUER_TIMES, rows)


def manager(queue: PgQueuer) -> PgQueuer:
    """Register the entrypoint."""

    @queue.entrypoint(ENTRYPOINT)
    async def route(job: Job) -> None:
        pass

    return queue


def recorded_rate(uri: str, times: str, rows: int) -> float:
    """Return jobs per second, from the first one taken to the last one marked, as the peer itself has recorded it."""
    with psycopg.connect(uri) as connection:
        marked, seconds = connection.execute(times).fetchone() or (0, 0.0)
    assert marked == rows, f"{marked} of {rows} jobs"
    return float(rows / seconds)
