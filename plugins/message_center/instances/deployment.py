"""Make an instance's live templates what control wants them to be."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from message_center.errors import one_line
from message_center.sql import statement

REMEDY = "Correct the enrichment or condition that is named, or the database"

log = logging.getLogger(__name__)


def deploy(account: str, control: psycopg.Connection, execution: psycopg.Connection, names: Sequence[str]) -> list[str]:
    """
    Deploy the current versions of some templates to an account's instance, all of them or none.

    It is the current state that goes there, whichever run asks: a slow run never overwrites a newer publication.

    :return: the internal names whose live version has changed.
    :raises psycopg.Error: if the instance refuses one, e.g. an enrichment that names a table it doesn't have.
    """
    templates = current(control, names)
    event_types: dict[str, str] = dict(control.execute(statement("control/event_types")).fetchall())
    with execution.transaction():
        changed = execution.execute(
            statement("execution/deploy_templates"),
            {"event_types": Jsonb(event_types), "templates": Jsonb(templates)},
        ).fetchall()
        deployed = execution.execute(statement("execution/deployed_templates"), {"names": list(names)}).fetchone()
    assert deployed is not None
    control.execute(statement("control/note_deployed_templates"), {"account": account, "templates": Jsonb(deployed[0])})
    return [name for (name,) in changed]


def current(control: psycopg.Connection, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return what every instance should have: ``internal_name``, ``version`` and ``content`` of each template."""
    cursor = control.cursor(row_factory=dict_row)
    return cursor.execute(statement("control/current_templates"), {"names": list(names)}).fetchall()


def behind(control: psycopg.Connection, execution: psycopg.Connection) -> list[str]:
    """Return the internal names of the templates of which an instance has another version than it should have."""
    live = live_versions(execution)
    wanted = control.execute(statement("control/current_versions")).fetchall()
    return [name for name, version in wanted if live.get(name) != version]


def bring_up(account: str, control: psycopg.Connection, execution: psycopg.Connection) -> dict[str, str]:
    """
    Deploy what an instance is behind with: it was added later, restored, or could not be reached when it was published.

    Each template by itself: one that is refused keeps no other away.

    :return: the reason of each that was refused, by internal name.
    :raises psycopg.Error: if a database is gone.
    """
    refused = {}
    for name in behind(control, execution):
        try:
            deploy(account, control, execution, [name])
        except psycopg.Error as error:
            if control.broken or execution.broken:
                raise
            refused[name] = one_line(error)
        else:
            log.info("%s: deployed %s, which it was behind with", account, name)
    return refused


def live_versions(execution: psycopg.Connection) -> dict[str, int]:
    """Return the version of each template that an instance links events to now, by internal name."""
    return dict(execution.execute(statement("execution/live_templates")).fetchall())


def differences(execution: psycopg.Connection, wanted: Sequence[dict[str, Any]]) -> list[str]:
    """Say where an instance has other versions than control wants; nothing when all is as it should be."""
    live = live_versions(execution)
    return [
        f"{template['internal_name']}: {_told(live.get(template['internal_name']))}, not {_told(template['version'])}"
        for template in wanted
        if live.get(template["internal_name"]) != template["version"]
    ]


def _told(version: int | None) -> str:
    return "unpublished" if version is None else f"version {version}"
