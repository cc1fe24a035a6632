"""What a crash of the execution server takes back is what windows committed last; nothing else may build on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import psycopg
import pytest

from faults.cluster import IMMEDIATE, Cluster
from message_center.archive.archiving import archive_stream
from message_center.archive.streams import EVENTS
from message_center.queues.routing import Routing
from message_center.queues.window import Window
from message_center.workflows import RT_EVENTS_PROCESSING
from support.archive import Connection, insert_events, same_events, value
from support.clusters import new_cluster

STATUSES = "select array_agg(distinct status::text) from message_center.event"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server, just started, that brings to disk what is committed asynchronously after ten seconds only."""
    with new_cluster() as cluster:
        with cluster.administrator() as administrator:
            administrator.execute("alter system set wal_writer_delay = '10s'")
        cluster.stop()
        cluster.start()
        yield cluster


def crash(cluster: Cluster) -> None:
    cluster.stop(IMMEDIATE)
    cluster.start()


def route(cluster: Cluster) -> None:
    """Work a window as the triggerer does."""

    async def connect() -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(cluster.uri, autocommit=True)

    end = datetime.now(timezone.utc) + timedelta(seconds=0.5)
    asyncio.run(Window(cluster.database, Routing("rt", RT_EVENTS_PROCESSING.name), end, connect).run())


def archive(cluster: Cluster, control: Connection) -> None:
    with cluster.connect() as execution:
        archive_stream(execution, control, cluster.database, EVENTS)


def test_what_the_archive_has_seen_is_on_disk(cluster: Cluster, control: Connection) -> None:
    with cluster.connect() as execution:
        insert_events(execution, 3)
    route(cluster)
    archive(cluster, control)

    crash(cluster)

    with cluster.connect() as execution:
        assert value(execution, STATUSES) == ["Event not taken into account"]
        assert same_events(execution, control)


def test_what_a_crash_takes_back_is_done_again(cluster: Cluster, control: Connection) -> None:
    """The numbers of the transactions that are lost are given out again, to pushes that the archive must not miss."""
    with cluster.connect() as execution:
        insert_events(execution, 3)
    archive(cluster, control)
    route(cluster)

    crash(cluster)

    with cluster.connect() as execution:
        assert value(execution, STATUSES) == ["Pending"]
        insert_events(execution, 3)
        archive(cluster, control)
        assert same_events(execution, control)
        route(cluster)
        assert value(execution, STATUSES) == ["Event not taken into account"]
        archive(cluster, control)
        assert same_events(execution, control)
