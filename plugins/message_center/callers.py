"""manageCallers: who may enter through the doors of an account; the secret comes from an Airflow connection."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import psycopg
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from message_center.accounts.registry import read_registry
from message_center.instances.belonging import owned_as_far_as_known
from message_center.instances.hooks import ExecutionInstanceHook, connected
from message_center.intake.keys import digest_of, id_of
from message_center.sql import statement

Connection = psycopg.Connection[Any]
Params = Mapping[str, Any]
REMOVE, KEEP = "remove", "add or change"

log = logging.getLogger(__name__)


def manage(params: Params) -> None:
    """
    Add a caller, change what it may do, give it the secret of a connection, or remove it; again, it changes nothing.

    :raises AirflowFailException: if the account, the caller or the secret is none; nothing was done then.
    """
    account, caller = params["account"], params["caller"]
    if account not in {each.account for each in read_registry().accounts if each.enabled}:
        raise AirflowFailException(f"There is no account {account!r}. Look for its name among the connections.")
    secret = _secret(params["secret_conn_id"]) if params["action"] == KEEP and params["secret_conn_id"] else None
    with (
        owned_as_far_as_known(connected(ExecutionInstanceHook(account), account), account) as execution,
        execution.transaction(),
    ):
        if params["action"] == REMOVE:
            row = execution.execute(statement("door/remove_caller"), [caller]).fetchone()
            log.info("%s: caller %r %s", account, caller, "is removed" if row and row[0] else "was not there")
            return
        _keep(execution, caller, secret, params)
    log.info("%s: caller %r may %s", account, caller, ", ".join(params["may"]))


def _keep(execution: Connection, caller: str, secret: str | None, params: Params) -> None:
    rows = execution.execute(statement("door/callers")).fetchall()
    keys = {row[5] for row in rows if row[0] == caller and row[5]}
    if secret is None and not keys:
        raise AirflowFailException(
            f"Caller {caller!r} has no secret. Name an Airflow connection that has one as its password: "
            "message-center callers secret makes one."
        )
    given = [caller, params["may"], params["event_types"] or None, params["queues"] or None]
    execution.execute(statement("door/set_caller"), [*given, params["max_events_per_second"]])
    if secret is not None and id_of(secret) not in keys:
        overlap = params["overlap_hours"] * 3600
        execution.execute(statement("door/add_caller_key"), [caller, id_of(secret), digest_of(secret), overlap])


def _secret(conn_id: str) -> str:
    try:
        secret = BaseHook.get_connection(conn_id).password or ""
    except AirflowNotFoundException:
        raise AirflowFailException(f"There is no connection {conn_id!r}. Create it, of any type.") from None
    if id_of(secret) is None:
        raise AirflowFailException(
            f"The password of connection {conn_id!r} is no caller's secret: message-center callers secret makes one."
        )
    return secret
