"""The kill switch: first whether the event type is one that there is, then its stop, or its going on, by account."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import psycopg
from airflow.sdk.exceptions import AirflowFailException

from message_center.accounts.account import AccountError
from message_center.errors import one_line
from message_center.instances.belonging import owned_as_far_as_known
from message_center.instances.hooks import ExecutionInstanceHook, connected
from message_center.publication.tasks import enabled_accounts
from message_center.sql import statement
from message_center.templates.files import event_type_names

Params = Mapping[str, Any]

log = logging.getLogger(__name__)


def accounts_to_tell(params: Params) -> list[str]:
    """
    Return the accounts, once the event type is one that there is; none of them has been touched.

    Those of the project's file are known without asking anybody: what is down must not hold up a stop.

    :raises AirflowFailException: if nobody knows the event type, naming the nearest and all that there are; if there is
        no account.
    """
    wanted, accounts, named = params["event_type"], enabled_accounts(), event_type_names()
    if not accounts:
        raise AirflowFailException("No execution instance is enabled, so nothing was done.")
    if wanted not in named:
        known = {account: _event_types(account) for account in accounts}
        names = sorted({*named, *(name for types in known.values() for name in types or ())})
        if wanted not in names:
            silent = [account for account, types in known.items() if types is None]
            raise AirflowFailException(_refusal(wanted, names, silent))
    return accounts


def stop_or_resume(account: str, params: Params) -> int:
    """
    Stop an event type on an instance, or let it go on.

    :return: how many events that were routed are now ignored.
    """
    event_type, reason = params["event_type"], params["reason"]
    with owned_as_far_as_known(connected(ExecutionInstanceHook(account), account), account) as execution:
        if params["action"] == "resume":
            execution.execute(statement("execution/resume_event_type"), {"event_type": event_type})
            log.info("%s: event type %r goes on: %s", account, event_type, reason)
            return 0
        execution.execute(statement("execution/stop_event_type"), {"event_type": event_type, "reason": reason})
        row = execution.execute(statement("execution/ignore_stopped_events")).fetchone()
    ignored = int(row[0]) if row else 0
    log.info("%s: event type %r is stopped; %d routed events are ignored", account, event_type, ignored)
    return ignored


def _event_types(account: str) -> list[str] | None:
    """Return the event types that an instance knows, stopped ones too; ``None`` if it cannot be asked."""
    try:
        with connected(ExecutionInstanceHook(account), account) as execution:
            return [name for (name,) in execution.execute(statement("execution/event_types"))]
    except (AccountError, psycopg.Error) as error:
        problem = error.problem if isinstance(error, AccountError) else one_line(error)
        log.warning("%s cannot be asked which event types it knows: %s", account, problem)
        return None


def _refusal(wanted: str, names: Sequence[str], silent: Sequence[str]) -> str:
    meant = [f"Did you mean {each!r}?" for each in get_close_matches(wanted, names, n=1)]
    unasked = [f"Could not be asked: {', '.join(silent)}."] if silent else []
    there_are = f"There are: {', '.join(names) or 'none'}."
    return " ".join([f"There is no event type {wanted!r}; nothing was done.", *meant, there_are, *unasked])
