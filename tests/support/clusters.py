"""A PostgreSQL server of a test's own, which it may crash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from faults.cluster import Cluster
from message_center.migrations import migrate
from support.folders import new_folder
from support.ports import free_port


@contextmanager
def new_cluster() -> Iterator[Cluster]:
    """A server with an execution database, registered under the database's name."""
    with new_folder() as folder:
        cluster = Cluster(folder, free_port(), "mcCrash").make()
        try:
            with cluster.connect() as connection:
                migrate(connection, "execution")
                connection.execute("select message_center.register_instance(%s, 1::smallint)", [cluster.database])
            yield cluster
        finally:
            cluster.stop()
