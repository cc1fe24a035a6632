"""kill -9, of everything that has a process."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from functools import partial

import psutil

from faults.fault import Condition, Fault, Scene, always
from faults.system import ACCOUNT, kill, owner_of
from message_center.delivery.journal import FLUSH_OUTCOMES, MAX_BACKLOG
from message_center.workflows import DELIVERY_EXECUTION

SESSIONS = 4  # of the delivery engine: so many messages can be with the server at a time
OVERLAP_SECONDS = 60  # longer than windows overlap, with the time that a task takes to end
UNLOGGED = MAX_BACKLOG + FLUSH_OUTCOMES + SESSIONS

WHY_UNLOGGED = (
    "what an engine has sent and not logged when it dies is sent again when its claims come back: SMTP has no way to "
    "ask. "
    f"It stops sending when {MAX_BACKLOG} outcomes wait for the database; "
    f"as a rule fewer than {FLUSH_OUTCOMES} do"
)

STARTING = "supervisor starts it within 1 s, it imports Airflow for 10 s, or 25 s beside the load of two busy cores"

ENGINES = """
    select distinct engine, substring(engine from ':(\\d+)$')::integer
    from (select engine from message_center.delivery_log order by id desc limit 2000) as latest
"""
# What a dead engine still has: claims, and not what waits for its next try.
HELD = """
    select count(*) from message_center.delivery_log
    where status = 'Pending delivery' and owner is not null and engine = any(%s)
"""


def kill_component(component: str, scene: Scene) -> Condition:
    """Kill a component of Airflow; it is back when its heartbeat is."""
    killed = datetime.now(timezone.utc)
    kill(scene.system.supervisor.pid(component))
    return lambda: scene.system.has_beaten_since(component, killed)


def kill_smtp_server(scene: Scene) -> Condition:
    kill(scene.system.supervisor.pid("smtp-sink"))
    return always


def kill_engine(scene: Scene) -> Condition:
    """Kill the engine when it is the only one: while windows overlap, the other would go on as if nothing were."""
    system = scene.system

    def is_alone() -> bool:
        with system.running.airflow() as airflow:
            running = [run for run in airflow.runs(DELIVERY_EXECUTION.dag_id(ACCOUNT)) if run["state"] == "running"]
            return len(running) == 1

    assert system.patiently("one window of the engine", is_alone, OVERLAP_SECONDS), "no time with a single engine"
    with system.execution.connect() as connection:
        alive = {engine: pid for engine, pid in connection.execute(ENGINES) if pid and psutil.pid_exists(pid)}
    assert alive, "no delivery engine is at work"
    kill(*alive.values())

    def holds_nothing() -> bool:
        with system.execution.connect() as connection:
            return connection.execute(HELD, [list(alive)]).fetchone() == (0,)

    return holds_nothing


def kill_archiver(scene: Scene) -> Condition:
    """Kill the worker and its task while a chunk is being written: a lock on the archive holds them there."""
    system = scene.system
    with system.control.connect() as connection, connection.transaction():
        connection.execute("lock table archive.event in exclusive mode")
        archived = scene.archive()
        session = system.control.wait_for_session("wait_event_type = 'Lock' and application_name = 'message_center'")
        task = owner_of(session["client_port"])
        kill(task.ppid(), task.pid)
    return archived


def kill_sender(scene: Scene) -> Condition:
    """Kill the sender between pushes and answers; its successor pushes again what got no answer."""
    scene.load.kill()
    time.sleep(1)
    scene.load.start()
    return always


FAULTS = [
    Fault(
        "kill-triggerer", "kill", partial(kill_component, "triggerer"), 75,
        f"{STARTING}, and answers its windows' first look-up of a connection 15 s later. Meanwhile nobody routes, "
        "and its predecessor has been silent for 10 s (TRIGGERER_HEALTH_CHECK_THRESHOLD), so that it may take over",
    ),
    Fault(
        "kill-scheduler", "kill", partial(kill_component, "scheduler"), 90,
        "the engines are its children and die with it; it is back within 15 s, and the next window of the delivery "
        "begins within 60 s",
        UNLOGGED, WHY_UNLOGGED,
    ),
    Fault(
        "kill-dag-processor", "kill", partial(kill_component, "dag-processor"), 60,
        f"no event waits for it; {STARTING}",
    ),
    Fault(
        "kill-api-server", "kill", partial(kill_component, "api-server"), 45,
        "it is back within 20 s; a task that began meanwhile asks until it answers, up to a minute",
    ),
    Fault(
        "kill-sender", "kill", kill_sender, 10,
        "intake is a function of the database and has no process of its own: what dies is the sender and its sessions. "
        "The next sender needs nothing but its outbox",
    ),
    Fault(
        "kill-engine", "kill", kill_engine, 75,
        "the task of the window fails, and the next window begins within 60 s; within 5 s it has the dead one's "
        "claims, and no message waits for the five minutes of a lease",
        UNLOGGED, WHY_UNLOGGED,
    ),
    Fault(
        "kill-smtp-server", "kill", kill_smtp_server, 20,
        "supervisor starts it within 1 s; the engine's pause between two tries grows to 15 s at most",
        SESSIONS, "what the server took and had no time to confirm is sent again: one message for each session",
    ),
    Fault(
        "kill-archiver", "kill", kill_archiver, 150,
        "Airflow misses the task after 60 s without a heartbeat (TASK_INSTANCE_HEARTBEAT_TIMEOUT), looks for such "
        "tasks every 10 s, and tries again after 10 s; then the streams go on where they stood",
    ),
]  # fmt: skip
