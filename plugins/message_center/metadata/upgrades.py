"""What follows an upgrade of the package: windows need the functions that it brings, and the archiving brings them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from functools import cache

from airflow.models import DagModel
from sqlalchemy import update
from sqlalchemy.orm import Session

from message_center.metadata.next_run import NEXT_RUN
from message_center.sql import SQL_FOLDER
from message_center.workflows import ARCHIVING

SCHEMAS_VARIABLE = "message_center_schemas"


@cache
def schemas_digest() -> str:
    """Return what changes whenever the schema of one of the sides does."""
    files = sorted(SQL_FOLDER.glob("*/schema/**/*.sql"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def begin_archiving(session: Session, bundle: str) -> None:
    """
    Let the archiving of all accounts begin at once, which migrates their databases first; what is paused stays so.

    :param bundle: the name of our DAG bundle.
    """
    now = datetime.now(timezone.utc)
    session.execute(
        update(DagModel)
        .where(DagModel.bundle_name == bundle, DagModel.dag_id.startswith(ARCHIVING.dag_id(""), autoescape=True))
        .where(~DagModel.is_paused, ~DagModel.is_stale, DagModel.next_dagrun_create_after > now)
        .values(dict.fromkeys(NEXT_RUN, now))
        .execution_options(synchronize_session=False)
    )
