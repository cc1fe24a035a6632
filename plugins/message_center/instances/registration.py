"""Registration: make both databases ready for an account, and notice when one was restored from a dump."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from message_center.accounts.account import Account, AccountError
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.migrations import migrate
from message_center.sql import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Instance:
    """What an execution database says of itself."""

    identity: str
    account: str | None
    instance_identifier: int | None
    checkpoint: uuid.UUID | None
    previous_checkpoint: uuid.UUID | None


@dataclass(frozen=True)
class Registration:
    """What control knows of an account's instance."""

    instance_identifier: int
    database_identity: str
    checkpoint: uuid.UUID | None


def initialize_connection(account_id: str) -> dict[str, Any]:
    """
    Migrate both databases, register the account's instance, and prepare a full archive after a restore.

    Idempotent, and cheap when there is nothing to do.

    :return: the instance identifier, and why the archive starts over if it does.
    :raises AccountError: if an instance cannot be registered; says why and what to do.
    """
    hook = ExecutionInstanceHook(account_id)
    account = Account.from_connection(account_id, hook.get_connection(account_id).extra_dejson)
    with connected(ControlInstanceHook(), account_id) as control:
        migrate(control, "control")
        with connected(hook, account_id) as execution:
            migrate(execution, "execution")
            return register(account, control, execution)


def register(account: Account, control: psycopg.Connection, execution: psycopg.Connection) -> dict[str, Any]:
    """Register an account's migrated database with control; see :func:`initialize_connection`."""
    with control.transaction():
        control.execute(statement("control/lock_instances"))
        instance = _instance(account, execution)
        known = _registration(account, control)
        identifier = _identifier(account, control, instance, known)
        _refuse_conflicts(account, control, instance, identifier)
        control.execute(
            statement("control/register_instance"),
            {"account": account.account, "instance_identifier": identifier, "identity": instance.identity},
        )
        execution.execute(
            statement("execution/register_instance"),
            {"account": account.account, "instance_identifier": identifier},
        )
        reason = _restored(instance, known)
        if reason:
            _start_over(account, control, execution, identifier, reason)
        _mark_checkpoint(account, control, execution, known)
    return {"instance_identifier": identifier, "resynchronised": reason}


def _instance(account: Account, execution: psycopg.Connection) -> Instance:
    instance = execution.cursor(row_factory=class_row(Instance)).execute(statement("execution/identity")).fetchone()
    assert instance is not None
    if instance.account not in (None, account.account):
        raise AccountError(
            account.account,
            f"its database is registered by account {instance.account!r} already",
            f"Give this connection a database of its own, or delete it and use {instance.account!r}",
        )
    return instance


def _registration(account: Account, control: psycopg.Connection) -> Registration | None:
    cursor = control.cursor(row_factory=class_row(Registration))
    return cursor.execute(statement("control/registered_instance"), {"account": account.account}).fetchone()


def _identifier(account: Account, control: psycopg.Connection, instance: Instance, known: Registration | None) -> int:
    settled = known.instance_identifier if known else instance.instance_identifier
    if settled is not None:
        if account.instance_identifier not in (None, settled):
            raise AccountError(
                account.account,
                f"it is registered with instance identifier {settled}, not {account.instance_identifier}; "
                "event ids contain it",
                "Clear the field instance_identifier of the connection",
            )
        return settled
    if account.instance_identifier is not None:
        return account.instance_identifier
    free = control.execute(statement("control/free_instance_identifier")).fetchone()
    if free is None:
        raise AccountError(account.account, "all 127 instance identifiers are taken", "Use a second control instance")
    return int(free[0])


def _refuse_conflicts(account: Account, control: psycopg.Connection, instance: Instance, identifier: int) -> None:
    parameters = {"account": account.account, "identity": instance.identity, "instance_identifier": identifier}
    conflict = control.execute(statement("control/conflicting_instance"), parameters).fetchone()
    if conflict is None:
        return
    other, _, same_database = conflict
    if same_database:
        raise AccountError(
            account.account,
            f"its database is registered by account {other!r} already",
            f"Give this connection a database of its own, or delete it and use {other!r}",
        )
    raise AccountError(
        account.account,
        f"instance identifier {identifier} is taken by account {other!r}",
        "Choose another in the connection, or clear the field to have a free one assigned",
    )


def _restored(instance: Instance, known: Registration | None) -> str | None:
    if known is None:
        return None
    if known.database_identity != instance.identity:
        return "this is another database than the one that was registered: it was moved or restored"
    if known.checkpoint not in (None, instance.checkpoint, instance.previous_checkpoint):
        return "the database is older than the last archiving run: it was restored from a dump"
    return None


def _start_over(
    account: Account, control: psycopg.Connection, execution: psycopg.Connection, identifier: int, reason: str
) -> None:
    log.warning("Account %s: %s. The archive is brought up to date in full.", account.account, reason)
    max_ids = control.execute(statement("control/max_archived_ids"), {"instance_identifier": identifier}).fetchone()
    assert max_ids is not None
    execution.execute(statement("execution/rebase_after_restore"), {"max_ids": Jsonb(max_ids[0])})
    control.execute(statement("control/forget_watermarks"), {"account": account.account, "reason": reason})


def _mark_checkpoint(
    account: Account, control: psycopg.Connection, execution: psycopg.Connection, known: Registration | None
) -> None:
    new = uuid.uuid4()
    execution.execute(
        statement("execution/mark_checkpoint"), {"known": known.checkpoint if known else None, "new": new}
    )
    control.execute(statement("control/note_checkpoint"), {"new": new, "account": account.account})
