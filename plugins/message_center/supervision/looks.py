"""Looks at the execution instances, side by side: one that is not there holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import psycopg
import structlog
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import Account
from message_center.errors import one_line
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.metadata.paused import Pause
from message_center.publication.preflight import required_heartbeats
from message_center.sql import statement
from message_center.workflows import ARCHIVING, DELIVER_WEBHOOKS, Workflow

log = structlog.get_logger(__name__)

PERIOD = timedelta(minutes=5)
"""Over which the indicators are measured: several looks see each peak."""

# Before the first task of mcSynch, which comes with the account and after each upgrade.
NOT_READY = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.InvalidSchemaName,
)

SIDE_BY_SIDE = 16
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Look:
    """
    What was seen of an account's instance.

    :param error: why nothing was.
    :param measures: ``subject``, ``indicator`` and ``value`` of each indicator.
    :param is_ready: whether its database has our present schema yet; if not, what was seen before stays.
    """

    account: str
    error: str | None = None
    measures: list[dict[str, Any]] = field(default_factory=list)
    is_ready: bool = True

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def look_at_all(
    accounts: Iterable[Account],
    enriched_types: Sequence[str] = (),
    pauses: Mapping[str, Pause] = MappingProxyType({}),
) -> list[Look]:
    """
    Look at the instances of all accounts.

    :param enriched_types: the event types that a worker has to enrich.
    :param pauses: the DAGs that are paused: silence is what is wanted of them.
    """
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def look(account: Account) -> Look:
        wanted = required_heartbeats(account, enriched_types)
        if account.webhooks:
            wanted = {**wanted, DELIVER_WEBHOOKS.name: DELIVER_WEBHOOKS}
        heartbeats = [name for name, workflow in wanted.items() if workflow.dag_id(account.account) not in pauses]
        paused = paused_measures(account.account, {*wanted.values(), ARCHIVING}, pauses)
        async with turns:
            return await _look_at(account.account, heartbeats, paused)

    return await asyncio.gather(*map(look, accounts))


def paused_measures(account: str, workflows: Iterable[Workflow], pauses: Mapping[str, Pause]) -> list[dict[str, Any]]:
    """Return whether each workflow of an account is paused, and by whom."""
    return [
        {
            "subject": workflow.name,
            "indicator": "paused",
            "value": int(workflow.dag_id(account) in pauses),
            "detail": str(pauses.get(workflow.dag_id(account), "")),
        }
        for workflow in workflows
    ]


async def _look_at(account: str, heartbeats: list[str], paused: list[dict[str, Any]]) -> Look:
    try:
        measures = await asyncio.wait_for(_measures(account, heartbeats), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        return Look(account, f"no answer within {PATIENCE_SECONDS:.0f} s")
    except NOT_READY:
        return Look(account, is_ready=False)
    except (psycopg.Error, AirflowNotFoundException) as error:
        log.warning("Instance not reached", account=account, error=one_line(error))
        return Look(account, one_line(error))
    return Look(account, measures=[*measures, *paused])


async def _measures(account: str, heartbeats: list[str]) -> list[dict[str, Any]]:
    async with await ExecutionInstanceHook(account).aconnect() as connection:
        await connection.execute(statement("execution/sample_idle_queues"))
        parameters = {"period": PERIOD, "workflows": heartbeats}
        cursor = await connection.execute(statement("execution/look"), parameters)
        row = await cursor.fetchone()
        assert row is not None
        return list(row[0])
