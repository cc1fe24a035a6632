"""Looks at the execution instances, side by side: one that is not there holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import Account
from message_center.errors import one_line
from message_center.instances.hooks import ExecutionInstanceHook
from message_center.publication.preflight import required_heartbeats
from message_center.sql import statement
from message_center.workflows import DELIVER_WEBHOOKS

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


async def look_at_all(accounts: Iterable[Account], enriched_types: Sequence[str] = ()) -> list[Look]:
    """
    Look at the instances of all accounts.

    :param enriched_types: the event types that a worker has to enrich.
    """
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def look(account: Account) -> Look:
        async with turns:
            webhooks = [DELIVER_WEBHOOKS.name] if account.webhooks else []
            return await _look_at(account, [*required_heartbeats(account, enriched_types), *webhooks])

    return await asyncio.gather(*map(look, accounts))


async def _look_at(account: Account, heartbeats: list[str]) -> Look:
    try:
        measures = await asyncio.wait_for(_measures(account.account, heartbeats), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        return Look(account.account, f"no answer within {PATIENCE_SECONDS:.0f} s")
    except NOT_READY:
        return Look(account.account, is_ready=False)
    except (psycopg.Error, AirflowNotFoundException) as error:
        log.warning("Instance not reached", account=account.account, error=one_line(error))
        return Look(account.account, one_line(error))
    return Look(account.account, measures=measures)


async def _measures(account: str, heartbeats: list[str]) -> list[dict[str, Any]]:
    async with await ExecutionInstanceHook(account).aconnect() as connection:
        await connection.execute(statement("execution/sample_idle_queues"))
        parameters = {"period": PERIOD, "workflows": heartbeats}
        cursor = await connection.execute(statement("execution/look"), parameters)
        row = await cursor.fetchone()
        assert row is not None
        return list(row[0])
