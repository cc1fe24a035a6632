"""After a restore or a fail-over, no mark of the old numbering of transactions passes over a row."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.cluster import Cluster
from message_center.accounts.account import Account
from message_center.instances.registration import register
from message_center.migrations import migrate
from support.events import claim, deploy_template, event, log, push, route, status, update_event_statuses
from support.ports import free_port

Connection = psycopg.Connection[Any]
FAR = "5000000000:5000000000:"
SAVE = "select message_center.save_status_watermark()"
HEARTBEAT = (
    "insert into message_center.workflow_heartbeat (workflow) values ('updateEventStatus') on conflict do nothing"
)


def sent(connection: Connection) -> int:
    """Bring an event so far that only its status is not updated yet; return its id."""
    (id_,) = push(connection, event())
    route(connection)
    claim(connection)
    log(connection, {"event_id": id_, "status": "Sent"})
    return id_


def test_a_watermark_of_the_old_server_is_void_on_a_new_one(execution: Connection) -> None:
    deploy_template(execution)
    id_ = sent(execution)
    execution.execute(HEARTBEAT)
    execution.execute("update message_center.workflow_heartbeat set watermark = %s", [FAR])
    # What a dump carries to another server.
    execution.execute("update message_center.instance set database_identity = 'the old server'")
    with psycopg.connect(execution.info.dsn, autocommit=True) as session:
        update_event_statuses(session)
    assert status(execution, id_)[0] == "Sent"


def test_a_reset_beats_the_window_that_runs(execution: Connection) -> None:
    deploy_template(execution)
    execution.execute(HEARTBEAT)
    update_event_statuses(execution)
    execution.execute(SAVE)
    with psycopg.connect(execution.info.dsn) as resetting:
        resetting.execute("select message_center.rebase_after_restore('{}')")
        resetting.commit()
    execution.execute(SAVE)
    row = execution.execute("select watermark from message_center.workflow_heartbeat").fetchone()
    assert row == (None,), "what the window remembers is of the old numbering"
    id_ = sent(execution)
    update_event_statuses(execution)
    execution.execute(SAVE)
    assert status(execution, id_)[0] == "Sent"
    assert execution.execute("select watermark from message_center.workflow_heartbeat").fetchone() != (None,)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="message-center-promoted-"))
    cluster = Cluster(folder, free_port(), "mcPromoted").make()
    try:
        with cluster.connect() as connection:
            migrate(connection, "execution")
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder)


def test_a_promoted_replica_is_noticed_and_gives_no_id_again(
    cluster: Cluster, control: Connection, new_database: Callable[[str], str]
) -> None:
    with cluster.connect() as execution:
        register(Account("mcPromoted"), control, execution)
        (before,) = push(execution, event())
    # Archive recovery to the end of what there is ends in a new timeline, as a promotion does.
    cluster.stop()
    (cluster.paths.database_folder / "recovery.signal").touch()
    with (cluster.paths.database_folder / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\n")
    cluster.start()
    with cluster.connect() as execution:
        while execution.execute("select pg_is_in_recovery()").fetchone() == (True,):
            time.sleep(0.05)
        (after,) = push(execution, event())
        assert after - before >= 1 << 32, "what the old primary gave meanwhile is left out"
        result = register(Account("mcPromoted"), control, execution)
    assert "moved or restored" in str(result["resynchronised"])
