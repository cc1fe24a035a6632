"""After a restore or a fail-over, no mark of the old numbering of transactions passes over a row."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faults.cluster import Cluster
from message_center.accounts.account import Account
from message_center.archive.archiving import archive_stream
from message_center.archive.streams import STREAMS
from message_center.archive.watermark import load
from message_center.instances.registration import register
from message_center.instances.restores import lacks
from message_center.migrations import migrate
from support.archive import archive_all
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


@pytest.mark.parametrize(("name", "step"), [("status", update_event_statuses), ("channel_0", claim)])
def test_the_session_that_notices_goes_on_from_where_it_came(
    execution: Connection, name: str, step: Callable[[Connection], object]
) -> None:
    deploy_template(execution)
    sent(execution)
    execution.execute("update message_center.instance set database_identity = 'the old server'")
    with psycopg.connect(execution.info.dsn, autocommit=True) as session:
        step(session)
        query = "select c.seen from message_center.load_cursor(message_center.cursor_name(%s)) as c"
        assert session.execute(query, [name]).fetchone() != (None,)


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


def promote(cluster: Cluster) -> None:
    """Start a stopped server in a new timeline: archive recovery to the end of what there is, as a promotion does."""
    (cluster.paths.database_folder / "recovery.signal").touch()
    with (cluster.paths.database_folder / "postgresql.auto.conf").open("a") as settings:
        settings.write("restore_command = 'false'\n")
    cluster.start()
    with cluster.connect() as execution:
        while execution.execute("select pg_is_in_recovery()").fetchone() == (True,):
            time.sleep(0.05)


def test_a_promoted_replica_is_noticed_and_gives_no_id_again(
    cluster: Cluster, control: Connection, new_database: Callable[[str], str]
) -> None:
    with cluster.connect() as execution:
        register(Account("mcPromoted"), control, execution)
        (before,) = push(execution, event())
    cluster.stop()
    promote(cluster)
    with cluster.connect() as execution:
        (after,) = push(execution, event())
        assert after - before >= 1 << 32, "what the old primary gave meanwhile is left out"
        result = register(Account("mcPromoted"), control, execution)
    assert "moved or restored" in str(result["resynchronised"])


def put_back(cluster: Cluster) -> None:
    """Start a stopped server as the volume's snapshot has it: from inside, it looks as it did then."""
    cluster.start()


@pytest.mark.parametrize("come_back", [promote, put_back])
@pytest.mark.parametrize("archived", [1, len(STREAMS)])
def test_a_database_put_back_to_before_any_stream_of_a_run_is_archived_in_full(
    cluster: Cluster, control: Connection, archived: int, come_back: Callable[[Cluster], None]
) -> None:
    """A run archives some streams, all is put back to before the first, and the run goes on with the others."""
    account, before = Account("mcPromoted"), cluster.paths.database_folder.with_name("before")
    with cluster.connect() as execution:
        register(account, control, execution)
        deploy_template(execution)
        push(execution, *[event() for _ in range(50)])
    cluster.stop()
    subprocess.run(["cp", "--archive", cluster.paths.database_folder, before], check=True)  # owners and modes too
    cluster.start()
    with cluster.connect() as execution:
        push(execution, *[event() for _ in range(150)])
        for stream in STREAMS[:archived]:
            archive_stream(execution, control, account.account, stream)
    cluster.stop()
    shutil.rmtree(cluster.paths.database_folder)
    before.rename(cluster.paths.database_folder)
    come_back(cluster)
    with cluster.connect() as execution:
        # As many as went away: their transactions have the same numbers, and after a snapshot the same ids.
        push(execution, *[event(external_id="pushed after it") for _ in range(200)])
        assert lacks(execution, [load(control, account.account, STREAMS[0]).checkpoint])
        for stream in STREAMS[archived:]:
            archive_stream(execution, control, account.account, stream)
        register(account, control, execution)
        archive_all(execution, control, account.account)
        there = execution.execute("select id, external_id from message_center.event order by id").fetchall()
        ids = [[each[0] for each in there]]
        found = control.execute("select id, external_id from archive.event where id = any(%s) order by id", ids)
        assert found.fetchall() == there
