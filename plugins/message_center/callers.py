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
from message_center.instances.cursors import without_values
from message_center.instances.hooks import ExecutionInstanceHook, connected
from message_center.instances.terminal import remedy_of
from message_center.instances.transient import is_unready
from message_center.intake import admission
from message_center.intake.admission import Caller, CallerError
from message_center.intake.keys import SECRET, id_of

Connection = psycopg.Connection[Any]
Params = Mapping[str, Any]
REMOVE, KEEP = "remove", "add or change"
NO_SECRET = f"^(?!.*{SECRET})"
"""What names a connection: a secret that somebody writes there by mistake would show in the run."""

log = logging.getLogger(__name__)


def manage(params: Params) -> dict[str, Any]:
    """
    Add a caller, change what it may do, give it the secret of a connection, or remove it; again, it changes nothing.

    :return: the caller as it is then: what it may do, and until when which of its keys is good.
    :raises AirflowFailException: if the account, the caller or the secret is none; nothing was done then.
    """
    account, name = params["account"], params["caller"]
    if account not in {each.account for each in read_registry().accounts if each.enabled}:
        raise AirflowFailException(f"There is no account {account!r}. Look for its name among the connections.")
    try:
        with (
            owned_as_far_as_known(connected(ExecutionInstanceHook(account), account), account) as execution,
            execution.transaction(),
        ):
            return _removed(execution, params) if params["action"] == REMOVE else _kept(execution, params)
    except CallerError as error:
        raise AirflowFailException(f"Caller {name!r} of {account}: {error}") from None
    except psycopg.Error as error:
        if not is_unready(error):
            raise
        raise AirflowFailException(f"{account}: {without_values(error)}{remedy_of(error, account)}.") from None


def _removed(execution: Connection, params: Params) -> dict[str, Any]:
    was_there = admission.remove(execution, params["caller"])
    log.info("%s: caller %r %s", params["account"], params["caller"], "is removed" if was_there else "was not there")
    return {"caller": params["caller"], "was_there": was_there}


def _kept(execution: Connection, params: Params) -> dict[str, Any]:
    caller = Caller(
        params["caller"], params["may"], params["event_types"], params["queues"], params["max_events_per_second"]
    )
    secret = _secret(params["secret_conn_id"]) if params["secret_conn_id"] else None
    if secret is None and not admission.keys_of(execution, caller.name):
        raise CallerError("it has no secret", f"Name an Airflow connection that has one as its password. {_MAKES_ONE}")
    caller.keep(execution)
    if secret is not None:
        admission.give_secret(execution, caller.name, secret, params["overlap_hours"])
    log.info("%s: caller %r may %s", params["account"], caller.name, ", ".join(caller.may))
    good = admission.keys_of(execution, caller.name)
    keys = [{"id": key.id, "good_until": key.good_until and key.good_until.isoformat()} for key in good]
    shown = ("may", "event_types", "queues", "max_events_per_second")
    return {"caller": caller.name, **{name: params[name] for name in shown}, "keys": keys}


def _secret(conn_id: str) -> str:
    if id_of(conn_id.strip()):
        # Not repeated: what is wrong stands in the log.
        raise CallerError(
            "what names the connection is a secret itself, and this run shows it",
            f"Write another one into the password of a connection, and name that. {_MAKES_ONE}",
        )
    try:
        secret = (BaseHook.get_connection(conn_id.strip()).password or "").strip()
    except AirflowNotFoundException:
        raise CallerError(f"there is no connection {conn_id!r}", "Create it, of any type") from None
    if id_of(secret) is None:
        raise CallerError(f"the password of connection {conn_id!r} is no caller's secret", _MAKES_ONE)
    return secret


_MAKES_ONE = "The command message-center callers secret makes one"
