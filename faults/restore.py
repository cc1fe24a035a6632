"""The execution database restored from a dump that was made before the last archiving runs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from psycopg import sql

from faults.cluster import Cluster
from faults.fault import Condition, Fault, Scene
from faults.load import Forgotten
from faults.system import ACCOUNT, System
from message_center.local.postgres import BINARIES

# Events in the queue or in an engine's hands at the moment of the dump, at any load that the system keeps up with.
UNDER_WAY = 1000
ARCHIVED = "select id, external_id from archive.event where account = %s and origin = %s"


def restore(scene: Scene) -> Condition:
    """Dump, let work and archiving go on, put the dump in the database's place, and start an archiving run."""
    system, load = scene.system, scene.load
    dump, dumped_at = system.folder / "dump", time.time()
    call(system.execution, "pg_dump", "--format=custom", "--compress=none", f"--file={dump}", system.execution.uri)
    time.sleep(scene.hold)
    run_id = system.archive()
    system.patiently("archived", lambda: system.archived(run_id), 180)
    time.sleep(2)
    with system.control.connect() as control:
        archived = dict(control.execute(ARCHIVED, [ACCOUNT, load.label]).fetchall())
    make_restored(system.execution, dump)
    swap(system.execution)
    load.forgotten = Forgotten(dumped_at, time.time(), archived)
    dump.unlink()
    return scene.archive()


def call(cluster: Cluster, program: str, *arguments: str) -> None:
    subprocess.run([str(BINARIES / program), *arguments], check=True, cwd="/")


def make_restored(cluster: Cluster, dump: Path) -> None:
    """Restore beside the old database, so that nobody works in one that is half restored."""
    name = f"{cluster.database}_restored"
    with cluster.administrator() as connection:
        create = sql.SQL("create database {} owner {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(cluster.database)))
    call(cluster, "pg_restore", f"--dbname={cluster.uri}_restored", str(dump))


def swap(cluster: Cluster) -> None:
    """Put the restored database in the old one's place."""
    old, restored = sql.Identifier(cluster.database), sql.Identifier(f"{cluster.database}_restored")
    with cluster.administrator() as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(old))
        connection.execute(sql.SQL("alter database {} rename to {}").format(restored, old))


def verify(system: System) -> list[str]:
    """See that mcSynch has noticed."""
    with system.control.connect() as control:
        query = "select resynchronised_reason from message_center.execution_instance where account = %s"
        row = control.execute(query, [ACCOUNT]).fetchone()
    return [] if row and row[0] else ["mcSynch did not notice that the database was restored"]


FAULTS = [
    Fault(
        "restore-dump", "restore", restore, 90,
        "windows open new connections within 10 s; the first task of mcSynch notices the restore, and its streams "
        "bring everything again",
        UNDER_WAY,
        "what was under way when the dump was made is under way again in the restored database",
        verify=verify,
    ),
]  # fmt: skip
