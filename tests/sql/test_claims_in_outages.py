"""What is claimed when all sessions end at once, with their locks: nobody can tell who is dead and who is slow."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from faults.cluster import IMMEDIATE, Cluster
from faults.proxy import Proxy
from message_center.delivery.email.sender import EmailSender
from message_center.delivery.email.smtp import MailHook
from message_center.delivery.engine import deliver_window
from message_center.queues.window import Connect
from support.clusters import new_cluster
from support.delivery import CONNECTION_ID, logs, new_template, pending_delivery
from support.events import claim
from support.ports import free_port
from support.smtp import Sink
from support.waiting import until

EVENTS = 200
AWAY_SECONDS = 4.0  # longer than the claims of a dead engine are kept while the server is there


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with new_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(server: Cluster) -> Cluster:
    """A server without events."""
    with server.connect() as execution:
        tables = ("event", "delivery_log", "message_template", "server_start")
        execution.execute("truncate " + ", ".join(f"message_center.{table}" for table in tables))
    return server


def opener(uri: str, away: list[float] | None = None) -> Connect:
    """Return what opens connections, but not before the loop's time of the last of ``away``."""

    async def connect() -> psycopg.AsyncConnection:
        while away and asyncio.get_running_loop().time() < away[-1]:  # noqa: ASYNC110 - another thread says when
            await asyncio.sleep(0.02)
        return await psycopg.AsyncConnection.connect(uri, autocommit=True)

    return connect


async def deliver_with_both(cluster: Cluster, sink: Sink, slow: Connect, outage: Callable[[], None]) -> Counter[int]:
    """Let two engines work through an outage, and return how many messages went out how often."""
    with cluster.connect() as execution:
        pending_delivery(execution, new_template(execution), *(f"n{n}@a.example" for n in range(EVENTS)))
    sink.seconds_a_message = 0.05
    stop, sender = asyncio.Event(), EmailSender(MailHook(CONNECTION_ID).load())
    end = datetime.now(timezone.utc) + timedelta(minutes=5)
    engines = [
        asyncio.create_task(deliver_window(connect, "mcTest", sender, end, sessions=2, max_events=50, stop=stop))
        for connect in (opener(cluster.uri), slow)
    ]
    while len(sink.received) < EVENTS // 4:  # noqa: ASYNC110 - the server lives in another thread
        await asyncio.sleep(0.02)
    await asyncio.to_thread(outage)
    await asyncio.to_thread(until, "everything is sent", lambda: is_all_sent(cluster), 30)
    stop.set()
    for counts in await asyncio.gather(*engines):
        assert counts["sent"] > 0
    return Counter(Counter(sink.message_ids).values())


def is_all_sent(cluster: Cluster) -> bool:
    with cluster.connect() as execution:
        return [log["status"] for log in logs(execution).values()] == ["Sent"] * EVENTS


def crash(cluster: Cluster) -> None:
    cluster.stop(IMMEDIATE)
    cluster.start()


def restart(cluster: Cluster) -> None:
    cluster.stop()
    cluster.start()


def crash_of_a_session(cluster: Cluster) -> None:
    """As the kernel does it that is out of memory: the server ends all sessions, and its own start stays the same."""
    with cluster.connect() as killed, cluster.connect() as other:
        os.kill(killed.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            other.execute("select pg_sleep(60)")
    until("the server is back", lambda: is_there(cluster), 10)


def take_over(cluster: Cluster) -> None:
    """A replica takes over, which was there for longer."""
    cluster.stop()
    (cluster.paths.database_folder / "standby.signal").touch()
    cluster.start()
    with cluster.administrator() as administrator:
        administrator.execute("select pg_promote()")


def is_there(cluster: Cluster) -> bool:
    try:
        cluster.connect().close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("outage", [crash, restart, crash_of_a_session, take_over])
def test_what_was_claimed_before_is_kept_for_a_while(cluster: Cluster, outage: Callable[[Cluster], None]) -> None:
    """Even if its lease has run out: with another one, whoever lived could not renew it."""
    with cluster.connect() as execution:
        ids = pending_delivery(execution, new_template(execution), *(f"n{n}@a.example" for n in range(4)))
        assert claim(execution, "slow", lease="0 s", max_events=2) == ids[:2]
        assert claim(execution, "returned", lease="0 s", max_events=2) == ids[:2], "no server has just started"
    outage(cluster)
    with cluster.connect() as execution:
        assert claim(execution, "other", lease="0 s") == ids[2:], "nobody had them"
        assert claim(execution, "other", lease="0 s") == ids[2:], "they were claimed after the start"
        execution.execute("update message_center.server_start set noticed_at = noticed_at - interval '15 s'")
        assert sorted(claim(execution, "other")) == ids
        assert execution.execute("select count(*) from message_center.server_start").fetchone() == (1,)


async def test_an_engine_that_is_slow_to_come_back_after_a_crash(cluster: Cluster, sink: Sink) -> None:
    loop, away = asyncio.get_running_loop(), [0.0]

    def outage() -> None:
        away.append(float("inf"))
        crash(cluster)
        away.append(loop.time() + AWAY_SECONDS)

    assert await deliver_with_both(cluster, sink, opener(cluster.uri, away), outage) == {1: EVENTS}


async def test_an_engine_whose_network_is_cut_for_a_while(cluster: Cluster, sink: Sink) -> None:
    with Proxy(free_port(), cluster.ports.postgres) as proxy:

        def outage() -> None:
            proxy.cut()
            time.sleep(AWAY_SECONDS)
            proxy.mend()

        slow = opener(cluster.uri.replace(f":{cluster.ports.postgres}/", f":{proxy.port}/"))
        assert await deliver_with_both(cluster, sink, slow, outage) == {1: EVENTS}
