"""A change to come: a column for events, and other words from a function. What migrations are tried with."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory

from message_center.migrations.schema import Schema

REVISION = """
from alembic import op

revision = "9999"
down_revision = "{head}"

def upgrade() -> None:
    op.execute("alter table message_center.event add column campaign text not null default ''")
"""
CHANGES = {
    "tables/event": (
        "    primary key (id, queue),\n",
        "    campaign text not null default '',\n    primary key (id, queue),\n",
    ),
    "functions/stopping": ("is stopped: ", "was stopped: "),
    "functions/routing/step": ("-- One step of routing", "-- One more step of routing"),
}


def changed(folder: Path) -> Schema:
    """Return the execution side's schema with the change, its migration in a folder of its own."""
    schema = Schema.of("execution")
    head = ScriptDirectory(str(schema.revisions[0]), version_locations=[str(schema.revisions[0])]).get_current_head()
    (folder / "9999_campaign.py").write_text(REVISION.format(head=head), encoding="utf-8")
    files: dict[str, Any] = dict(schema.files)
    for name, (old, new) in CHANGES.items():
        assert files[name].count(old) == 1
        files[name] = files[name].replace(old, new)
    return dataclasses.replace(schema, files=files, revisions=(*schema.revisions, folder))
