"""
Which archivings begin out of their turn: those of accounts that are new, and all after an upgrade of the package.

Windows need what the first task of mcSynch brings to their database, and its schedule may be an hour away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from datetime import datetime, timezone
from functools import cache

from airflow.models import DagModel, DagRun
from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from message_center.metadata.next_run import NEXT_RUN
from message_center.sql import SQL_FOLDER
from message_center.workflows import ARCHIVING

BEGUN_VARIABLE = "message_center_begun"


@cache
def schemas_digest() -> str:
    """Return what changes whenever the schema of one of the sides does."""
    files = sorted(SQL_FOLDER.glob("*/schema/**/*.sql"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


class Beginnings:
    """
    Lets archivings begin, and sees whether they have: a parse may set a DAG's next run anew before it is made.

    :param bundle: the name of our DAG bundle.
    """

    def __init__(self, bundle: str) -> None:
        self._bundle = bundle
        self._asked: dict[str, datetime] = {}

    def begin(self, session: Session, accounts: Set[str], begun: Mapping[str, str]) -> dict[str, str]:
        """
        Let the archiving of the accounts begin for which it has not yet; one that is paused does when it no longer is.

        :param accounts: those that have workflows.
        :param begun: the schemas' digest with which each account's archiving has begun; returned as it is now.
        """
        digest = schemas_digest()
        kept = {account: known for account, known in begun.items() if account in accounts}
        waiting = {ARCHIVING.dag_id(account): account for account in accounts if kept.get(account) != digest}
        runs = select(DagRun.dag_id, DagRun.run_after).where(DagRun.dag_id.in_(waiting))
        made = {dag_id for dag_id, moment in session.execute(runs) if self._asked.get(dag_id) == moment}
        self._ask(session, set(waiting) - made)
        return kept | {waiting[dag_id]: digest for dag_id in made}

    def _ask(self, session: Session, dag_ids: Set[str]) -> None:
        now = datetime.now(timezone.utc)
        may_run = and_(DagModel.bundle_name == self._bundle, ~DagModel.is_paused, ~DagModel.is_stale)
        waits = select(DagModel.dag_id).where(DagModel.dag_id.in_(dag_ids), may_run)
        begins = session.scalars(waits.where(DagModel.next_dagrun_create_after > now)).all()
        session.execute(
            update(DagModel)
            .where(DagModel.dag_id.in_(begins))
            .values(dict.fromkeys(NEXT_RUN, now))
            .execution_options(synchronize_session=False)
        )
        asked = {dag_id: moment for dag_id, moment in self._asked.items() if dag_id in dag_ids}
        self._asked = asked | dict.fromkeys(begins, now)


def begun_from_json(text: str | None) -> dict[str, str]:
    """Read the Variable; there is none before the first account."""
    return dict(json.loads(text or "{}"))


def begun_to_json(begun: Mapping[str, str]) -> str:
    """Write it, always in the same order."""
    return json.dumps(begun, sort_keys=True)
